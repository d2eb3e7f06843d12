// Weak references: ref, death of the target, containers.
function flush() { local a = [{ x = "s" }]; return a[0].x + a.len() }
function make() { return { n = 1 } }
holder <- { t = null }
function fill() { holder.t = make() }
fill()
function weak() { return holder.t.weakref() }
local w = weak()
function look() { return typeof w.ref() }
function same() { return w.ref() == holder.t }
print(typeof w + " " + look() + " " + same() + "\n")
holder.t = null
flush()
print(look() + "\n")
function fill2() { holder.t = [1, 2] }
fill2()
keep <- {}
function store() { keep.tab <- { w = holder.t.weakref() }; keep.arr <- [holder.t.weakref()] }
function check() { return typeof keep.tab.w + " " + typeof keep.arr[0] }
store()
print(check() + " " + keep.arr.len() + "\n")
holder.t = null
flush()
print(check() + " " + keep.arr.len() + "\n")
print((5).weakref() + " " + (1.5).weakref() + " " + true.weakref() + "\n")
class C { x = 1 }
function fill3() { holder.t = C() }
fill3()
w = weak()
print(look() + "\n")
holder.t = null
flush()
print(look() + "\n")
function fill4() { holder.t = function() { return 7 } }
fill4()
w = weak()
print(look() + " " + w.ref()() + "\n")
local s = {}
print((s.weakref() == s.weakref()) + " " + (s.weakref().ref() == s) + "\n")
local ww = s.weakref()
print(typeof ww.weakref() + " " + (ww.weakref() == ww) + "\n")
