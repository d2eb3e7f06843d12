// A variable captured in a try block is closed when an error leaves the block. In the reference the closure reads a foreign variable.
local f
try {
  local inside = 5
  f = function() { return inside++ }
  throw "x"
} catch (e) { local a = 99, b = 98, c = 97 }
local d = "foreign", g = "foreign", h = "foreign"
print(f() + " " + f() + "\n")
function make(fails) {
  local got
  try {
    local v = "v", w = "w"
    got = @() v + w
    if (fails) nosuch()
    w = "changed"
  } catch (e) { local v2 = 1, w2 = 2, x2 = 3; got = [got, @() v2 + w2 + x2] }
  return got
}
print(make(false)() + " " + make(true)[0]() + " " + make(true)[1]() + "\n")
