// Errors in and around map, apply, filter and reduce.
function e(f) { try { f() } catch (e) { print(e + "\n") } }
e(@() [1, 2].map(function(x) { throw "in map" }))
e(@() [1, 2].apply(function(x) { throw "in apply" }))
e(@() [1, 2].filter(function(i, x) { throw "in filter" }))
e(@() [1, 2].reduce(function(p, c) { throw "in reduce" }))
e(@() [1].map(@() 1))
e(@() [1].map(@(a, b) 1))
e(@() [1].filter(@(v) true))
e(@() [1, 2].reduce(@(p) p))
e(@() [1].map())
e(@() [1].map(5))
e(@() [1].map("f"))
e(@() [1].filter(null))
e(@() [1].reduce({}))
e(@() [1].apply([]))
local a = [1, 2, 3]
e(@() a.apply(function(x) { if (x == 2) throw "stop"; return x * 10 }))
print(a[0] + " " + a[1] + " " + a[2] + "\n")
