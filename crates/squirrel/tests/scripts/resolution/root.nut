// :: addresses the root table, whatever `this` is.
x <- 1
local t = { x = 2, function f() { return ::x + x } }
print(t.f() + "\n")
::x = 10
print(t.f() + " " + ::x + "\n")
::y <- 5
print(y + " " + ::getroottable().y + "\n")
print(("x" in getroottable()) + " " + (this == getroottable()) + " " + (getroottable() == ::getroottable()) + "\n")
delete ::y
try { y } catch (e) { print(e + "\n") }
::f <- function() { return this == getroottable() }
print(t.f.call(5) + "\n")
print(::f() + "\n")
::x += 5
::x++
print(x + "\n")
