// newmember, rawnewmember, with attributes and static.
class A { x = 1 }
A.newmember("y", 2)
A.newmember("s", 3, null, true)
A.newmember("f", function() { return x + y + s })
A.newmember("at", 4, { note = "hi" })
A.rawnewmember("r", 5)
A.rawnewmember("rs", 6, null, true)
print(A().y + " " + A.s + " " + A().f() + " " + A.getattributes("at").note + "\n")
print(A().r + " " + A.rs + "\n")
try { A().rs = 1 } catch (e) { print(e + "\n") }
try { A.newmember("late", 1) } catch (e) { print(e + "\n") }
try { A.rawnewmember("late", 1) } catch (e) { print(e + "\n") }
A.newmember("lf", function() { return "late" })
print(A().lf() + "\n")
try { A.newmember("ls", 9, null, true); print(A.ls + "\n") } catch (e) { print(e + "\n") }
foreach (f in [@() A.newmember("q"), @() A.newmember(), @() A.newmember(null, 1), @() A.newmember("x", 1, null, "yes")])
  try { f(); print("ok\n") } catch (e) { print(e + "\n") }
class L {
  log = ""
  function _newmember(index, value, attributes, isstatic) {
    print("new " + index + " " + value + " " + (attributes == null ? "none" : attributes.k) + " " + isstatic + "\n")
    rawnewmember(index, value, attributes, isstatic)
  }
}
L.newmember("a", 1)
L.newmember("b", 2, { k = "attr" }, true)
L.c <- 3
L.rawnewmember("d", 4)
print(L.a + L.b + L.c + L.d + "\n")
