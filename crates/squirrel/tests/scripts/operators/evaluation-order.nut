// The order in which operands and arguments are evaluated.
function n(x) { print((typeof x == "integer" || typeof x == "string" ? x : typeof x) + " "); return x }
local r = n(1) + n(2) * n(3) - n(4)
print("= " + r + "\n")
local a = [n(1), n(2), n(3)]
print("\n")
local t = { [n("k1")] = n("v1"), [n("k2")] = n("v2") }
print("\n")
function f(a, b, c) { return a + b + c }
print(f(n(1), n(2), n(3)) + "\n")
a[n(0)] = n(5)
print("\n")
n(a)[n(0)] = n(6)
print("\n")
r = n(1) < n(2) && n(3) == n(3)
print("\n")
n("s") in n(t)
print("\n")
