// Every character class.
local text = "aZ5_ \t.\n-\x01\x7f"
foreach (c in ["l", "u", "a", "A", "w", "W", "s", "S", "d", "D", "x", "X", "c", "C", "p", "P"]) {
  local r = regexp(@"\" + c)
  local line = ""
  foreach (i, ch in text) if (r.match(ch.tochar())) line += i + " "
  print(@"\" + c + ": " + line + "\n")
}
