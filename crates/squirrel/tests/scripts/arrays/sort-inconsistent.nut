// A comparator that contradicts itself.
function show(a) { foreach (v in a) print(v + " "); print("\n") }
local a = [3, 1, 2, 5, 4]
a.sort(@(x, y) 1)
show(a)
a = [3, 1, 2, 5, 4]
try { a.sort(@(x, y) -1); show(a) } catch (e) { print(e + "\n"); show(a) }
a = [3, 1, 2, 5, 4]
a.sort(@(x, y) 0)
show(a)
