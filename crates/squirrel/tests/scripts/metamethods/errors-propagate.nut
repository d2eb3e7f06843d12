// Errors thrown in metamethods reach the catch around the operator.
class E {
  function _add(o) { throw "e add" }
  function _get(k) { throw "e get " + k }
  function _set(k, v) { throw "e set " + k }
  function _newslot(k, v) { throw "e newslot" }
  function _delslot(k) { throw "e delslot" }
  function _call(...) { throw "e call" }
  function _unm() { throw "e unm" }
  function _cmp(o) { throw "e cmp" }
  function _typeof() { throw "e typeof" }
  function _tostring() { throw "e tostring" }
  function _nexti(p) { throw "e nexti" }
  function _cloned(o) { throw "e cloned" }
}
local o = E()
function e(f) { try { f(); print("no error\n") } catch (x) { print(x + "\n") } }
e(@() o + 1)
e(@() o.x)
e(@() o.x = 1)
e(@() o.x <- 1)
e(@() delete o.x)
e(@() o())
e(@() "" + o)
e(@() o.tostring())
e(@() -o)
e(@() o < o)
e(@() typeof o)
e(function() { foreach (x in o) {} })
e(@() clone o)
e(@() o - 1)
e(@() o.x++)
e(@() o.x += 1)
