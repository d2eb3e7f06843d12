// Script and native functions that call each other: where the nesting ends, and with what.
local depth
function probe(name, f) {
  depth = 0
  try { f(); print(name + ": no error\n") }
  catch (e) { print(name + ": " + e + " " + (depth > 40 && depth < 110) + "\n") }
}
local self = this
local a
a = function() { depth++; a.call(self) }
probe("call", a)
a = function() { depth++; a.pcall(self) }
probe("pcall", a)
a = function() { depth++; a.acall([self]) }
probe("acall", a)
a = function(x, y) { depth++; [2, 1].sort(a); return 0 }
probe("sort", @() a(1, 2))
a = function(x) { depth++; return [1].map(a) }
probe("map", @() a(1))
class M { function _add(o) { depth++; return this + o } function _unm() { depth++; return -this } function _tostring() { depth++; return "" + this } function _cmp(o) { depth++; return this <=> o } function _call(o) { depth++; return this() } function _typeof() { depth++; return typeof this } function _cloned(o) { depth++; clone this } }
local m = M()
probe("_add", @() m + 1)
probe("_unm", @() -m)
probe("_tostring", @() "" + m)
probe("_cmp", @() m <=> M())
probe("_call", @() m())
probe("_typeof", @() typeof m)
probe("_cloned", @() clone m)
