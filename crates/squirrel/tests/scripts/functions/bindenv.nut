// bindenv fixes `this`.
local env = { n = 1 }
local other = { n = 2 }
function get() { return n }
local b = get.bindenv(env)
print(b() + " " + b.call(other) + " " + b.acall([other]) + "\n")
other.m <- b
print(other.m() + "\n")
env.n = 5
print(b() + "\n")
local bb = b.bindenv(other)
print(bb() + " " + b() + "\n")
print((b == get) + " " + typeof b + "\n")
class C { v = 7; function m() { return v } function late() { return m.bindenv(this) } }
local c = C()
local m = c.m.bindenv(c)
print(m() + " " + c.late()() + "\n")
local k = (@() typeof this).bindenv(C)
print(k() + "\n")
foreach (bad in [null, 1, "s", [], print])
  try { get.bindenv(bad) } catch (e) { print(e + "\n") }
local nat = print.bindenv(env)
nat("native bound\n")
function withdef(a, b = 4) { return n + a + b }
print(withdef.bindenv(env)(1) + "\n")
