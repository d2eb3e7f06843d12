// map, apply, filter and reduce.
function show(a) { foreach (v in a) print(v + " "); print("| " + a.len() + "\n") }
local a = [1, 2, 3, 4]
show(a.map(@(x) x * x))
show(a)
a.apply(@(x) x + 10)
show(a)
show(a.filter(@(i, v) v % 2 == 0))
show(a.filter(@(i, v) i > 1))
print(a.reduce(@(p, c) p + c) + "\n")
print(["a", "b", "c"].reduce(@(p, c) p + c) + "\n")
print([7].reduce(@(p, c) 0) + "\n")
print(([].reduce(@(p, c) p) == null) + "\n")
show([].map(@(x) x))
show([].filter(@(i, x) true))
show([null, 0, "", false, 1].filter(@(i, v) v))
show([1, 2].map(print))
print("\n")
local self = [5, 6]
print(self.map(function(x) { return this == self })[0] + "\n")
print(self.filter(function(i, x) { return this == self }).len() + "\n")
