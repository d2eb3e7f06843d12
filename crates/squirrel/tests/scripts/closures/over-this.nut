// `this` is not captured: each function has its own.
local t = {
  v = "t"
  function make() { return function() { return this == getroottable() ? "root" : this.v } }
  function makeself() { local self = this; return function() { return self.v } }
}
print(t.make()() + "\n")
print(t.makeself()() + "\n")
local u = { v = "u", f = t.make() }
print(u.f() + "\n")
print(t.make().bindenv(t)() + "\n")
