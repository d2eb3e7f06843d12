// Strings sort byte by byte.
local a = ["pear", "Apple", "fig", "apple", "", "banana", "Banana", "apples", "10", "9", "_x", "zz", "z"]
a.sort()
foreach (s in a) print("'" + s + "' ")
print("\n")
a.sort(@(x, y) y <=> x)
foreach (s in a) print("'" + s + "' ")
print("\n")
