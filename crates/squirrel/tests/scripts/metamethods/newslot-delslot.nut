// _newslot and _delslot, on tables and instances.
local mt = {
  function _newslot(k, v) { print("newslot " + k + "=" + v + "\n"); rawset(k, v * 2) }
  function _delslot(k) { print("delslot " + k + "\n"); return rawdelete(k) }
}
local t = { a = 1 }.setdelegate(mt)
t.b <- 5
print(t.b + "\n")
t.a <- 9
print(t.a + "\n")
print(delete t.b + "\n")
print(t.len() + "\n")
print(delete t.nosuch + "\n")
class A {
  x = 1
  function _newslot(k, v) { print("i newslot " + k + " " + v + "\n") }
  function _delslot(k) { print("i delslot " + k + "\n"); return "deleted" }
}
local a = A()
a.y <- 5
a.x <- 6
print(a.x + "\n")
print(delete a.x + " " + delete a.z + "\n")
class B { function _delslot(k) { throw "no deletes" } }
try { delete B().q } catch (e) { print(e + "\n") }
try { A.k <- 3; print(A.k + "\n") } catch (e) { print(e + "\n") }
