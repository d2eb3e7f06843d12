// Arithmetic metamethods in a table's delegate; those of the delegate's delegate do not count.
local mt = {
  function _add(o) { return "add " + n + " " + (typeof o == "table" ? o.n : o) }
  function _sub(o) { return "sub " + n }
  function _mul(o) { return "mul " + n }
  function _div(o) { return "div " + n }
  function _modulo(o) { return "mod " + n }
  function _unm() { return "unm " + n }
}
function mk(n) { return { n = n }.setdelegate(mt) }
local a = mk(1), b = mk(2)
print((a + b) + "\n" + (a - b) + "\n" + (a * 3) + "\n" + (a / null) + "\n" + (a % "x") + "\n" + -b + "\n")
local c = { n = 3, _add = function(o) { return "own" } }
try { print(c + 1) } catch (e) { print(e + "\n") }
try { print(1 + a) } catch (e) { print(e + "\n") }
try { print(({}) + 1) } catch (e) { print(e + "\n") }
local d = { n = 4 }.setdelegate({}.setdelegate(mt))
try { print((d + 5) + "\n") } catch (e) { print(e + "\n") }
print((a + "str").slice(0, 8) + "\n")
