// _tostring in concatenation, print, tostring(), and results that are no strings.
class A { n = 1; function _tostring() { return "A#" + n } }
local a = A()
print(a)
print("\n" + a + "\n")
print(a + "" + "\n")
print(a.tostring() + "\n")
local t = { n = 7 }.setdelegate({ function _tostring() { return "T" + n } })
print(t + "|" + t.tostring() + "\n")
class B { function _tostring() { return 5 } }
print((("" + B()).slice(0, 10) == "(instance ") + "\n")
class C { function _tostring() { throw "no string" } }
try { print(("" + C()).slice(0, 10) + "\n") } catch (e) { print(e + "\n") }
class D extends A { constructor() { n = 9 } }
print(D() + "\n")
try { throw a } catch (e) { print(e + "\n") }
print([a, a].map(@(x) x.tostring()).reduce(@(x, y) x + "," + y) + "\n")
throw a
