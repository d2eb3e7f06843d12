// rawget, rawset, rawin on classes and instances.
class A { x = 1; function f() {} static s = 2; function _get(k) { if (k == "nosuch") return "got it"; throw null } function _set(k, v) { print("set " + k + "\n") } }
local a = A()
function e(f) { try { print(f() + "\n") } catch (x) { print(x + "\n") } }
e(@() a.rawget("x"))
e(@() a.rawget("s"))
e(@() typeof a.rawget("f"))
e(@() a.nosuch)
e(@() a.rawget("nosuch"))
e(@() a.rawin("x") + " " + a.rawin("s") + " " + a.rawin("f") + " " + a.rawin("nosuch"))
e(function() { a.rawset("x", 5); return a.x })
e(function() { a.nosuch = 5 })
e(function() { a.rawset("nosuch", 5) })
e(function() { a.rawset("s", 5) })
e(@() A.rawget("x"))
e(@() A.rawget("nosuch"))
e(@() A.rawin("x") + " " + A.rawin("nosuch"))
e(function() { A.rawset("x", 9); return A.x })
class B { x = 1 }
e(function() { B.rawset("x", 9); return B().x })
e(function() { B.rawset("new", 9) })
