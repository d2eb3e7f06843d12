// extends, overriding, base.
class A {
  name = "A"
  constructor(n) { name = n }
  function hello() { return "A:" + name }
  function who() { return "who A" }
  function call() { return who() }
}
class B extends A {
  extra = "e"
  constructor(n, x) { base.constructor(n + "!"); extra = x }
  function hello() { return "B(" + base.hello() + ")" + extra }
  function who() { return "who B" }
}
class C extends B {
  function hello() { return "C(" + base.hello() + ")" }
  function up() { return base.who() }
}
local a = A("a"), b = B("b", 1), c = C("c", 2)
print(a.hello() + " " + b.hello() + " " + c.hello() + "\n")
print(a.call() + " " + b.call() + " " + c.call() + " " + c.up() + "\n")
print((c instanceof A) + " " + (A == B.getbase()) + " " + (C.getbase() == B) + " " + A.getbase() + "\n")
print(c.name + " " + c.extra + "\n")
class D extends A { }
print(D("d").hello() + "\n")
try { class E extends 5 {} } catch (e) { print(e + "\n") }
try { class E extends null {} } catch (e) { print(e + "\n") }
try { class E extends nosuch {} } catch (e) { print(e + "\n") }
