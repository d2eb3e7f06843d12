// The comma operator in for loops, conditions and returns.
for (local i = 0, j = 10; i < j; i += 3, j -= 2) print(i + " " + j + "\n")
local a, b
a = 1, b = 2
print(a + b + "\n")
function f() { return 1, 2, 3 }
print(f() + "\n")
if (a = 0, b) print("b counts\n")
local n = 0
while (n++, n < 4) print(n + " ")
print("\n")
print((1, 2) + "\n")
