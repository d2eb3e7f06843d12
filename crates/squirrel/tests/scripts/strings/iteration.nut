// foreach over strings.
foreach (c in "abc") print(c + " ")
print("\n")
foreach (i, c in "xyz") print(i + "=" + c + " ")
print("\n")
foreach (c in "") print("never")
local s = ""
foreach (c in "hello") s = c.tochar() + s
print(s + "\n")
local counts = {}
foreach (c in "mississippi") {
  local k = c.tochar()
  if (k in counts) counts[k]++
  else counts[k] <- 1
}
print("i" + counts.i + " m" + counts.m + " p" + counts.p + " s" + counts.s + "\n")
