// Field defaults are made once: containers are shared by all instances.
class A { list = []; tab = {}; n = 0 }
local a = A(), b = A()
a.list.append(1)
b.tab.x <- 5
a.n++
print(b.list.len() + " " + a.tab.x + " " + b.n + "\n")
a.list = [7, 8]
print(a.list.len() + " " + b.list.len() + " " + A.list.len() + "\n")
local count = 0
function next() { return ++count }
class B { v = next(); w = next() }
print(B().v + " " + B().w + " " + B().v + " " + count + "\n")
class C extends A { m = 1 }
print((C().list == b.list) + "\n")
