// Weak references in fields, slots, upvalues and locals: slots of containers read as the target.
function flush() { local a = [{ x = "s" }]; return a[0].x + a.len() }
class Node { parent = null; kids = null; constructor(p) { parent = p ? p.weakref() : null; kids = [] } }
tree <- {}
function grow() { tree.root <- Node(null); tree.kid <- Node(tree.root); tree.root.kids.append(tree.kid) }
function look() { return typeof tree.kid.parent + " " + (tree.kid.parent == tree.root) }
grow()
print(look() + "\n")
tree.root = null
flush()
print(look() + "\n")
local target = { v = 5 }
local w = target.weakref()
local f = @() w
print(typeof f() + " " + f().ref().v + "\n")
local t = {}
t.w <- w
print(typeof t.w + " " + t.w.v + " " + typeof t.rawget("w") + "\n")
foreach (k, v in t) print(k + " " + typeof v + "\n")
local arr = [w]
foreach (v in arr) print(typeof v + "\n")
arr.append(w)
print(typeof arr.top() + " " + typeof arr.pop() + " " + arr.len() + "\n")
print(arr.find(target) + "\n")
print(arr.map(@(x) typeof x)[0] + "\n")
class S { static w = null; f = null }
local i = S()
i.f = w
print(typeof i.f + " " + i.f.v + "\n")
