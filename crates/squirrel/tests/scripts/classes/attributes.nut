// Class and member attributes.
class A </ author = "me", version = 2 /> {
  </ doc = "a field", range = [0, 10] />
  x = 1
  </ doc = "a method" />
  function f() {}
  </ flag = true />
  static s = 5
  plain = 0
  </ on = "constructor" /> constructor() {}
}
print(A.getattributes(null).author + " " + A.getattributes(null).version + "\n")
print(A.getattributes("x").doc + " " + A.getattributes("x").range[1] + "\n")
print(A.getattributes("f").doc + " " + A.getattributes("s").flag + " " + A.getattributes("constructor").on + "\n")
print(A.getattributes("plain") + "\n")
try { A.getattributes("nosuch") } catch (e) { print(e + "\n") }
local old = A.setattributes("x", { doc = "new" })
print(old.doc + " " + A.getattributes("x").doc + "\n")
A.setattributes("plain", "any value")
print(A.getattributes("plain") + "\n")
A.setattributes(null, 42)
print(A.getattributes(null) + "\n")
try { A.setattributes("nosuch", 1) } catch (e) { print(e + "\n") }
class B extends A {}
print(B.getattributes("x").doc + " " + B.getattributes(null) + "\n")
class C </ /> { </ /> y = 1 }
print(C.getattributes(null).len() + " " + C.getattributes("y").len() + "\n")
class D { z = 1 }
print(D.getattributes(null) + "\n")
