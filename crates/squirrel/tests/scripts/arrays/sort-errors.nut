// Errors in sort and what they leave behind.
function show(a) { foreach (v in a) print((v == null ? "null" : v) + " "); print("\n") }
function e(f) { try { f() } catch (e) { print(e + "\n") } }
local a = [3, "x", 1]
e(@() a.sort())
show(a)
a = [3, 2, 1]
e(@() a.sort(@(x, y) "no"))
e(@() a.sort(@(x, y) null))
e(@() a.sort(@(x, y) true))
e(@() a.sort(function(x, y) { throw "inside" }))
e(@() a.sort(@(x) 1))
e(@() a.sort(5))
e(@() a.sort(function(x, y) { return x.y }))
show(a)
a = [null, 2, null, 1]
a.sort()
show(a)
e(@() [true, 1].sort())
