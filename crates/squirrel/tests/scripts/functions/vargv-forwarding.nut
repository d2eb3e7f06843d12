// Passing variable arguments on.
function inner(...) { local s = ""; foreach (v in vargv) s += v + ","; return s + (this == getroottable() ? "root" : this.name) }
function outer(...) { return inner.acall([this].concat_ (vargv)) }
function forward(...) { local a = [this]; a.extend(vargv); return inner.acall(a) }
print(forward(1, 2, 3) + " " + forward() + "\n")
local o = { name = "o", forward = forward }
print(o.forward("x") + "\n")
try { outer(1) } catch (e) { print(e + "\n") }
function mixed(a, b, ...) { vargv.insert(0, b); vargv.insert(0, a); return vargv.len() }
print(mixed(1, 2) + " " + mixed(1, 2, 3) + "\n")
function defaults(a, b = "B", c = "C") { return a + b + c }
print(defaults.acall([this, "x"]) + defaults.acall([this, "x", "y"]) + defaults.call(this, 1, 2, 3) + "\n")
