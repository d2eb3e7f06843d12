// sort: default order, comparators, mixed numbers, errors.
function show(a) { foreach (v in a) print(v + " "); print("\n") }
local a = [3, 1, 2, 10, -5, 0]
a.sort()
show(a)
a.sort(@(x, y) y <=> x)
show(a)
local b = [2.5, 1, 2, 1.5, -0.5]
b.sort()
show(b)
local w = ["pear", "fig", "apple", "kiwi"]
w.sort(@(x, y) x.len() <=> y.len() || x <=> y)
show(w)
local people = [{ n = "ann", a = 30 }, { n = "bob", a = 25 }, { n = "cid", a = 35 }]
people.sort(function(x, y) { if (x.a > y.a) return 1; if (x.a < y.a) return -1; return 0 })
foreach (p in people) print(p.n + " ")
print("\n");
[].sort();
local one = [1]
one.sort()
show(one)
local f = [3, 1, 2]
f.sort(@(x, y) (x - y) * 0.5)
show(f)
local big = []
for (local i = 0; i < 50; i++) big.append((i * 7919) % 101)
big.sort()
show(big)
print((a.sort() == null) + "\n")
