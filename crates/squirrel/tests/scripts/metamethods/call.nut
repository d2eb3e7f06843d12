// _call on instances, tables and classes.
class F {
  n = 0
  constructor(k) { n = k }
  function _call(self, ...) { return n + ":" + vargv.len() + ":" + (self == getroottable() ? "root" : typeof self) }
}
local f = F(5)
print(f() + " " + f(1, 2) + "\n")
local t = { f = f }
print(t.f(1) + "\n")
local callable = { n = 9 }.setdelegate({ function _call(self, a, b = 4) { return n + a + b } })
print(callable(1) + " " + callable(1, 2) + "\n")
try { callable() } catch (e) { print(e + "\n") }
try { ({})() } catch (e) { print(e + "\n") }
class G { function _call(self) { throw "from call" } }
try { G()() } catch (e) { print(e + "\n") }
print([1, 2].map(@(x) f(x))[0] + "\n")
class Sub extends F { }
print(Sub(7)("x") + "\n")
