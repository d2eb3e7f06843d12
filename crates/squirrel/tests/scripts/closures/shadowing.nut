// Inner names hide outer ones; blocks end their scope.
local x = "outer"
{
  local x = "inner"
  print(x + "\n")
  { local x = "innermost"; print(x + "\n") }
  print(x + "\n")
}
print(x + "\n")
function f(x) { local y = x; { local x = "block"; y += x } return y + x }
print(f("p") + "\n")
local g = function() { local x = x; return x }
print(g() + "\n")
for (local x = 0; x < 1; x++) print(x + "\n")
print(x + "\n")
try { throw "err" } catch (x) { print(x + "\n") }
print(x + "\n")
foreach (x in ["fe"]) print(x + "\n")
print(x + "\n")
local y = 1
local y = y + 1
print(y + "\n")
