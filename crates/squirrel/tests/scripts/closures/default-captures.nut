// Defaults see the scope of the definition; a later parameter does not see an earlier one.
local base_ = 10
local f = function(a, b = base_ + 1) { return a + b }
base_ = 100
print(f(1) + "\n")
local a = "outer a"
local g = function(a, b = a) { return b }
print(g("argument") + "\n")
local fs = []
for (local i = 0; i < 3; i++) fs.append(function(v = i) { return v })
foreach (h in fs) print(h() + " ")
print("\n")
