// Comparators that change the array they sort: no crash, and the array stays whole. The reference reads elements that are gone.
function try_it(name, f) { try { f() } catch (e) { } print(name + "\n") }
local a
function fresh() { a = []; for (local i = 0; i < 40; i++) a.append((i * 17) % 41) }
fresh()
try_it("clear", @() a.sort(function(x, y) { a.clear(); return x <=> y }))
fresh()
try_it("shrink", @() a.sort(function(x, y) { if (a.len() > 3) a.resize(3); return x <=> y }))
fresh()
try_it("pop", @() a.sort(function(x, y) { if (a.len()) a.pop(); return x <=> y }))
fresh()
try_it("append", @() a.sort(function(x, y) { if (a.len() < 5000) a.append(x); return x <=> y }))
fresh()
try_it("sort inside", @() a.sort(function(x, y) { if (a.len() == 40) { a.append(0); a.sort() }; return x <=> y }))
fresh()
try_it("remove and insert", @() a.sort(function(x, y) { a.remove(0); a.insert(0, 5); return x <=> y }))
fresh()
try_it("throw", @() a.sort(function(x, y) { throw "stop" }))
print(a.len() + "\n")
fresh()
a.sort()
for (local i = 1; i < a.len(); i++) if (a[i - 1] > a[i]) print("not sorted\n")
print("alive\n")
