// _typeof changes typeof, not type().
class A { function _typeof() { return "my type" } }
print(typeof A() + " " + type(A()) + " " + typeof A + "\n")
local t = {}.setdelegate({ function _typeof() { return "tab" } })
print(typeof t + " " + type(t) + "\n")
class B { function _typeof() { return 5 } }
print(typeof B() + " " + typeof typeof B() + "\n")
class C { function _typeof() { throw "no type" } }
try { typeof C() } catch (e) { print(e + "\n") }
class D extends A { }
print(typeof D() + "\n")
class E extends A { function _typeof() { return "sub type" } }
print(typeof E() + "\n")
try { A() + 1 } catch (e) { print(e + "\n") }
try { A()() } catch (e) { print(e + "\n") }
try { foreach (x in A()) {} } catch (e) { print(e + "\n") }
