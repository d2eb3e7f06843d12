// _cmp and the comparison operators, sort.
class N {
  v = 0
  constructor(x) { v = x }
  function _cmp(o) { return v <=> o.v }
}
local a = N(1), b = N(2), c = N(1)
print((a < b) + " " + (a > b) + " " + (a <= c) + " " + (a >= c) + " " + (a <=> b) + " " + (b <=> a) + " " + (a <=> c) + "\n")
print((a == c) + " " + (a != c) + "\n")
local l = [N(3), N(1), N(2)]
l.sort()
foreach (x in l) print(x.v + " ")
print("\n")
local mt = { function _cmp(o) { return k - o.k } }
local t = { k = 5 }.setdelegate(mt), u = { k = 9 }.setdelegate(mt)
print((t < u) + " " + (t <=> u) + "\n")
class F { function _cmp(o) { return 1.5 } }
class S { function _cmp(o) { return "x" } }
class Z { function _cmp(o) { return null } }
class T { function _cmp(o) { throw "thrown" } }
function e(f) { try { print(f() + "\n") } catch (x) { print(x + "\n") } }
e(@() F() < F())
e(@() S() < S())
e(@() Z() > Z())
e(@() T() <= T())
e(@() a < 5)
e(@() a > null)
e(@() a <=> "s")
e(@() N(3) < t)
