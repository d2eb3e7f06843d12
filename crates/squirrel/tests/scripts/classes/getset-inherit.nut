// Fields of a subclass and of its base live together; base methods see overridden fields.
class A { v = "A"; w = "w"; function show() { return v + w } }
class B extends A { v = "B"; u = "u"; function show2() { return v + w + u + show() } }
print(B().show() + " " + B().show2() + " " + A().show() + "\n")
local b = B()
b.v = "x"
b.w = "y"
print(b.show() + " " + A().show() + "\n")
class C extends B { function show() { return "[" + base.show() + "]" } }
print(C().show2() + "\n")
class D extends C { v = 5 }
print(D().show() + "\n")
