// Metamethods are for instances: what the class object itself does.
class A { function _get(k) { return "got " + k } function _call(...) { return 1 } function _tostring() { return "A" } function _add(o) { return "add" } }
function e(f) { try { print(f() + "\n") } catch (x) { print(x + "\n") } }
e(@() A.nosuch)
e(@() A + 1)
e(@() ("" + A).slice(0, 7))
e(@() typeof A())
e(@() A._get)
e(@() A()._get)
e(@() "_get" in A)
e(@() A.rawin("_get"))
e(function() { foreach (k, v in A) print(k + " "); return "end" })
class B extends A { function f() { return base._get("x") } }
e(@() B().f())
A._mul <- function(o) { return "mul" }
e(@() A() * 2)
e(@() B() * 2)
