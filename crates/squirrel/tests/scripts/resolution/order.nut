// local, captured, const, this, root.
name <- "root"
local t = { name = "this", function f() { return name } function g() { local name = "local"; return name } function h() { return ::name } }
print(t.f() + " " + t.g() + " " + t.h() + " " + name + "\n")
delete t.name
print(t.f() + "\n")
name = "root2"
print(t.f() + "\n")
local u = { function set(v) { name = v } }
u.set("set through")
print(name + " " + ("name" in u) + "\n")
u.name <- "own"
u.set("set own")
print(name + " " + u.name + "\n")
function create() { brandnew <- 1 }
create.call(u)
print(("brandnew" in u) + " " + ("brandnew" in getroottable()) + "\n")
create()
print(brandnew + "\n")
try { notthere = 1 } catch (e) { print(e + "\n") }
try { ::notthere = 1 } catch (e) { print(e + "\n") }
::notthere <- 2
print(notthere + "\n")
