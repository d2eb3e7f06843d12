// A class that is changed while instances of it are made and used (compare CVE-2021-41556).
function try_it(f) { try { f(); print("no error\n") } catch (e) { print(e + "\n") } }
class A {
  x = 1
  constructor() { A.y <- 2 }
}
try_it(@() A())
local B
B = class {
  a = 1
  function _get(k) { B["m_" + k] <- function() { return "late" }; return this["m_" + k]() }
}
local b = B()
print(b.foo + " " + b.m_foo() + " " + b.a + "\n")
class C { a = 1 }
class D extends C { b = 2 }
local d = D()
C.newf <- function() { return "f" }
try_it(@() C.newv <- 1)
try_it(@() D.newv <- 1)
try_it(@() d.newf())
print(d.a + d.b + "\n")
class E { a = 1; b = 2 }
local e = E()
try_it(@() E.a <- function() { return 5 })
print(typeof e.a + " " + e.b + "\n")
class F { function f() { F.f <- function() { return "new" }; local keep = [1, 2, 3]; return f() } }
print(F().f() + "\n")
