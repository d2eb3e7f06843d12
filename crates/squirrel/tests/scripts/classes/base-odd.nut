// base outside a subclass, in closures, in statics.
class A { function f() { return "A.f" } function g() { return base } }
print(A().g() + "\n")
class B extends A {
  function f() { return "B.f" }
  function lam() { return (@() base.f())() }
  function clo() { local b = base; return b.f() }
  static function st() { return base.f() }
  function get() { return base }
}
local b = B()
try { print(b.lam() + "\n") } catch (e) { print(e + "\n") }
print(b.clo() + " " + B.st() + " " + (b.get() == A) + "\n")
class C extends B { function f() { return "C.f" } }
print(C().clo() + "\n")
function free() { return base }
print(free() + "\n")
try { print(base.x) } catch (e) { print(e + "\n") }
local t = { function f() { return base } }
print(t.f() + "\n")
class D extends A { }
D.late <- function() { return base.f() }
try { print(D().late() + "\n") } catch (e) { print(e + "\n") }
