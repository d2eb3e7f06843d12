// Assigning to the index variable of a foreach.
foreach (i, v in ["a", "b", "c", "d"]) {
  print(i + v + " ")
  if (i == 1) i = 100
}
print("\n")
local n = 0
foreach (v in ["a", "b", "c"]) { v = "changed"; n++ }
print(n + "\n")
