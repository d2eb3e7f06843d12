// instanceof with classes, subclasses and other operands.
class A {}
class B extends A {}
class C extends B {}
class X {}
local a = A(), b = B(), c = C()
print((a instanceof A) + " " + (a instanceof B) + " " + (b instanceof A) + " " + (c instanceof A) + " " + (c instanceof B) + " " + (c instanceof X) + "\n")
print((1 instanceof A) + " " + (null instanceof A) + " " + ("s" instanceof A) + " " + ({} instanceof A) + " " + (A instanceof A) + "\n")
print((blob(1) instanceof blob) + " " + (blob(1) instanceof stream) + "\n")
foreach (o in [null, 1, "s", {}, a, print])
  try { print((a instanceof o) + "\n") } catch (e) { print(e + "\n") }
try { 5 instanceof 5 } catch (e) { print(e + "\n") }
