// _add, _sub, _mul, _div, _modulo, _unm on instances.
class V {
  x = 0
  constructor(v) { x = v }
  function _add(o) { return V(x + (typeof o == "instance" ? o.x : o)) }
  function _sub(o) { return V(x - (typeof o == "instance" ? o.x : o)) }
  function _mul(o) { return V(x * (typeof o == "instance" ? o.x : o)) }
  function _div(o) { return V(x / (typeof o == "instance" ? o.x : o)) }
  function _modulo(o) { return V(x % (typeof o == "instance" ? o.x : o)) }
  function _unm() { return V(-x) }
}
local a = V(17), b = V(5)
print((a + b).x + " " + (a - b).x + " " + (a * b).x + " " + (a / b).x + " " + (a % b).x + " " + (-a).x + "\n")
print((a + 1).x + " " + (a * 2).x + "\n")
a += 3
print(a.x + "\n")
a *= b
print(a.x + "\n")
try { 1 + b } catch (e) { print(e + "\n") }
try { 1.5 * b } catch (e) { print(e + "\n") }
try { null - b } catch (e) { print(e + "\n") }
try { [] / b } catch (e) { print(e + "\n") }
try { print(b & 1) } catch (e) { print(e + "\n") }
try { print(~b) } catch (e) { print(e + "\n") }
