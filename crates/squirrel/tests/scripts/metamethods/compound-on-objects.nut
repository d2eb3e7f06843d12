// Compound assignment and increments on objects with metamethods.
class N {
  v = 0
  constructor(x) { v = x }
  function _add(o) { return N(v + (typeof o == "instance" ? o.v : o)) }
  function _sub(o) { return N(v - (typeof o == "instance" ? o.v : o)) }
  function _mul(o) { return N(v * o) }
  function _div(o) { return N(v / o) }
  function _modulo(o) { return N(v % o) }
}
local a = N(10)
a += 5; print(a.v + " ")
a -= N(3); print(a.v + " ")
a *= 4; print(a.v + " ")
a /= 5; print(a.v + " ")
a %= 4; print(a.v + "\n")
local t = { n = N(1) }
t.n += 1
t.n++
++t.n
print(t.n.v + " ")
local old = t.n--
print(old.v + " " + t.n.v + "\n")
local l = [N(1)]
l[0] += 41
print(l[0].v + "\n")
local x = N(1)
local y = x++
print(y.v + " " + x.v + " " + (++x).v + "\n")
