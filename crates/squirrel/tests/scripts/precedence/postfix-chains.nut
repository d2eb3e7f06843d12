// Chains of calls, indices and members.
local t = { a = [{ f = @(x) @(y) x + y }] }
print(t.a[0].f(1)(2) + "\n")
print(t["a"][0]["f"](3)(4) + "\n")
print([1, 2, 3][1] + " " + "abc"[0] + " " + { k = "v" }.k + "\n")
print((@(x) x * 2)(21) + "\n")
print(function() { return "iife" }() + "\n")
print([[1, 2], [3, 4]][1][0] + "\n")
print("a,b".len().tostring().len() + "\n")
print({ f = function() { return this.v }, v = 5 }.f() + "\n")
print(class { x = 8 }().x + "\n")
