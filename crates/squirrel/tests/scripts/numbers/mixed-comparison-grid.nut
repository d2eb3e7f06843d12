// Comparisons of integers and floats.
local vals = [0, 1, -1, 0.5, -0.5, 1.0, 2, 1.5, 16777217, 16777216.0, 2147483647, 2147483648.0, -2147483648]
foreach (a in vals) {
  foreach (b in vals) print((a < b ? "<" : a > b ? ">" : "=") + (a == b ? "e" : "n") + (a <=> b) + " ")
  print("\n")
}
