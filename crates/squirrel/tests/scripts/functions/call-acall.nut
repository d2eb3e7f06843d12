// call, acall, pcall, pacall.
function f(a, b) { return this.n + a + b }
local env = { n = 100 }
print(f.call(env, 1, 2) + "\n")
print(f.acall([env, 1, 2]) + "\n")
print(f.pcall(env, 1, 2) + "\n")
print(f.pacall([env, 1, 2]) + "\n")
function who() { return this == env ? "env" : this == getroottable() ? "root" : typeof this }
print(who.call(env) + " " + who.call(getroottable()) + " " + who.call(5) + " " + who.call(null) + " " + who.acall([[]]) + "\n")
function e(f) { try { print(f() + "\n") } catch (e) { print(e + "\n") } }
e(@() f.call(env, 1))
e(@() f.call())
e(@() f.acall([]))
e(@() f.acall([env]))
e(@() f.acall(env))
e(@() f.acall())
e(@() f.pcall(env))
e(@() f.pacall([env, 1, 2, 3]))
e(@() (function() { throw "thrown" }).call(env))
e(@() (function() { throw "thrown" }).pcall(env))
try { (function() { throw { x = 5 } }).acall([env]) } catch (t) { print(t.x + "\n") }
print(print.call(null, "native\n") + "\n")
print(format.acall([null, "%d-%s", 5, "x"]) + "\n")
