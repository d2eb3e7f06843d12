// _cloned is called on the copy with the original.
class A {
  n = 1; l = null
  constructor() { l = [1] }
  function _cloned(orig) { print("cloned " + orig.n + " " + (orig != this) + "\n"); l = clone orig.l }
}
local a = A()
a.n = 5
local b = clone a
b.l.append(2)
print(a.l.len() + " " + b.l.len() + " " + b.n + "\n")
local t = { n = 3 }.setdelegate({ function _cloned(o) { print("table cloned " + o.n + " " + n + "\n"); n = 4 } })
local u = clone t
print(t.n + " " + u.n + "\n")
class T { function _cloned(o) { throw "no clones" } }
try { clone T() } catch (e) { print(e + "\n") }
