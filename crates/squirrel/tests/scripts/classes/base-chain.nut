// base through several levels, with arguments and overridden fields.
class A { n = "A"; constructor(x) { print("A" + x + " ") } function f(x) { return "A.f" + x + n } }
class B extends A { n = "B"; constructor(x) { print("B" + x + " "); base.constructor(x + 1) } function f(x) { return "B.f" + x + base.f(x + 1) } }
class C extends B { }
class D extends C { n = "D"; constructor(x) { print("D" + x + " "); base.constructor(x + 1) } function f(x) { return "D.f" + x + base.f(x + 1) } }
local d = D(1)
print("\n" + d.f(1) + "\n")
local e = C(5)
print("\n" + e.f(5) + "\n")
local f = d.f
print(f.call(e, 9) + "\n")
