// `this` in the forms of call.
function who() { return this == getroottable() ? "root" : ("name" in this ? this.name : typeof this) }
local t = { name = "t", who = who, function inner() { return who() } }
print(who() + " " + t.who() + " " + t["who"]() + " " + t.inner() + "\n")
local f = t.who
print(f() + "\n")
local arr = [who]
print(arr[0]() + "\n")
t.call_local <- function() { local w = who; return w() }
print(t.call_local() + "\n")
t.call_root <- function() { return ::who() }
print(t.call_root() + "\n")
t.via_closure <- function() { return (function() { return who() })() }
print(t.via_closure() + "\n")
t.lambda <- @() this.name
print(t.lambda() + "\n")
t.nested <- { name = "nested", who = who }
print(t.nested.who() + "\n")
print((t.who)() + "\n")
