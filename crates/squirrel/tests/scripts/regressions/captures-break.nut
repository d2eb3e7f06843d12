// A variable captured in a loop body is closed when break leaves the body from inside an if. In the reference the closure reads a foreign variable.
local f
for (local i = 0; i < 5; i++) {
  local j = "kept " + i
  f = function() { return j }
  if (i == 3) break
}
local a = "foreign 1", b = "foreign 2", c = "foreign 3", d = "foreign 4"
print(f() + "\n")
local g
while (true) {
  local x = 7
  g = function() { return x++ }
  {
    local y = 8
    if (y) break
  }
}
local e = "foreign 5", h = "foreign 6"
print(g() + " " + g() + "\n")
local k
switch (1) {
  case 1:
    local s = "in switch"
    k = @() s
    if (s) break
}
local m = "foreign 7", n = "foreign 8"
print(k() + "\n")
