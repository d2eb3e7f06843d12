// A method reaches globals through `this`; assignment to a missing member goes to the root or fails.
glob <- "global"
class A {
  own = 1
  function read() { return glob }
  function dotted() { return this.glob }
  function write() { glob = "written"; return ::glob }
  function bad() { nosuch = 1 }
  function slot() { fresh <- 1 }
  function callglobal() { return helper(2) }
}
function helper(x) { return x * 100 + (typeof this == "instance" ? 1 : 0) }
local a = A()
print(a.read() + " " + a.dotted() + " " + a.write() + "\n")
try { print(a.glob) } catch (e) { print(e + "\n") }
try { a.bad() } catch (e) { print(e + "\n") }
try { a.slot() } catch (e) { print(e + "\n") }
print(a.callglobal() + "\n")
local t = { function f() { return glob }, function g() { made <- 5 } }
print(t.f() + "\n")
t.g()
print(t.made + " " + ("made" in getroottable()) + "\n")
try { print(t.glob) } catch (e) { print(e + "\n") }
