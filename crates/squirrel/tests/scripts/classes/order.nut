// Iteration order of class members, own and inherited.
function show(c) { foreach (k, v in c) print(k + ":" + (typeof v == "function" ? "f" : v) + " "); print("\n") }
class A {
  a = 1
  b = 2
  c = 3
  function m1() {}
  function m2() {}
  constructor() {}
  static z = 26
}
show(A)
class B extends A { d = 4; function m3() {} function m1() {} a = 10 }
show(B)
show(A)
class M { x = 1; function _get(k) {} function _typeof() { return "m" } function plain() {} }
show(M)
class E {}
show(E)
E.late <- 1
E.later <- function() {}
show(E)
class Big { f1 = 1; f2 = 2; f3 = 3; f4 = 4; f5 = 5; f6 = 6; f7 = 7; f8 = 8; f9 = 9 }
show(Big)
