// typeof and type() of everything.
class C {}
class T { function _typeof() { return "custom" } }
local gen = function() { yield 1 }
local vals = [null, 1, 1.5, true, "s", {}, [], function() {}, print, gen(), C, C(), newthread(@() 1), blob(1), regexp("a"), T, T()]
foreach (v in vals) print(typeof v + " / " + type(v) + "\n")
print(typeof {}.weakref() + " " + typeof typeof 1 + "\n")
local keep = {}
local w = keep.weakref()
print(typeof w + " " + typeof w.ref() + "\n")
print(typeof (1 + 1.0) + "\n")
print(typeof 1 + 1 + "\n")
