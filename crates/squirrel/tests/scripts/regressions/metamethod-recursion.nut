// Metamethods that call themselves without end: an error that can be caught, and the machine goes on.
// The reference has two messages for it.
class M {
  function _get(k) { return this[k + "x"] }
  function _set(k, v) { this[k + "x"] = v }
  function _newslot(k, v) { this[k + "x"] <- v }
  function _delslot(k) { delete this[k] }
  function _add(o) { return this + o }
  function _sub(o) { return this - o }
  function _mul(o) { return this * o }
  function _div(o) { return this / o }
  function _modulo(o) { return this % o }
  function _unm() { return -this }
  function _cmp(o) { return this <=> o }
  function _call(o, ...) { return this(1) }
  function _typeof() { return typeof this }
  function _tostring() { return "" + this }
  function _nexti(p) { foreach (x in this) return x; return null }
  function _cloned(o) { clone this }
}
local m = M()
foreach (name, f in [@() m.a, @() m.a = 1, @() m.a <- 1, @() delete m.a, @() m + 1, @() m - 1, @() m * 1, @() m / 1, @() m % 1, @() -m,
    @() m <=> M(), @() m(), @() typeof m, @() "" + m, function() { foreach (x in m) { } }, @() clone m])
  try { f(); print(name + " no error\n") } catch (e) { print(name + " " + (typeof e == "string" && e.find("stack overflow") != null) + "\n") }
local t = {}
t.setdelegate({ function _get(k) { return t[k] } })
try { t.x } catch (e) { print((e.find("stack overflow") != null) + "\n") }
print("alive\n")
