// Operators over pairs of floats and integers.
local vals = [0.0, 1.0, -1.5, 2.25, 1000.5, 1e-3, -1e6, 3, -4]
foreach (a in vals) {
  foreach (b in vals) if (b != 0) print(a + b + " " + (a - b) + " " + a * b + " " + a / (b * 1.0) + " " + a % (b * 1.0) + " | ")
  print("\n")
}
