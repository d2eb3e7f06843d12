// Equality between all pairs of simple types.
local vals = [null, true, false, 0, 1, 0.0, 1.0, "", "0", "1", "null"]
local names = ["null", "true", "false", "0", "1", "0.0", "1.0", "''", "'0'", "'1'", "'null'"]
foreach (i, a in vals) {
  local line = names[i] + ":"
  foreach (j, b in vals) {
    if ((a == b) != !(a != b)) print("inconsistent\n")
    if (a == b) line += " " + names[j]
  }
  print(line + "\n")
}
