// Order at every step of growing, with values kept.
local t = {}
for (local i = 0; i < 20; i++) {
  t["key" + i] <- i
  local line = ""
  foreach (k, v in t) line += v + " "
  print(line + "\n")
}
