// An instance without _modulo raises the error of the other operators. The reference loses it.
class A { }
function try_it(f) { try { f(); print("no error\n") } catch (e) { print(e + "\n") } }
try_it(@() A() % 2)
try_it(@() 2 % A())
try_it(@() ({}) % 2)
class B { function _modulo(o) { throw "thrown" } }
try_it(@() B() % 2)
class C { function _modulo(o) { return "ok" } }
print(C() % 2 + "\n")
