// Captured variables are shared, and live on after their scope.
function counter() {
  local n = 0
  return { inc = function() { return ++n }, get = @() n }
}
local a = counter(), b = counter()
a.inc()
a.inc()
b.inc()
print(a.get() + " " + b.get() + "\n")
local x = 1
local f = function() { return x }
x = 2
print(f() + "\n")
local g = function() { x = 10 }
g()
print(x + "\n")
function deep() {
  local v = "v"
  return function() { return function() { return function() { v += "!"; return v } } }
}
local d = deep()()()
print(d() + d() + "\n")
