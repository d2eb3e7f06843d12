// Captures in loop bodies left by return, and in bodies that end normally after inner breaks.
function early() {
  foreach (v in [1, 2, 3]) {
    local w = v
    local f = function() { return w++ }
    if (v == 2) return f
  }
}
local e = early()
print(e() + " " + e() + "\n")
local fs = []
for (local i = 0; i < 3; i++) {
  local j = i * 10
  fs.append(function() { return j++ })
  foreach (k in [1, 2, 3]) {
    if (k == 1) continue
    if (k == 3) break
    j += k
  }
}
foreach (f in fs) print(f() + " " + f() + " ")
print("\n")
local h
try { throw "msg" } catch (err) { h = @() err }
local clobber = 1
print(h() + "\n")
function g() {
  local fs = []
  for (local i = 0; i < 4; i++) {
    local j = i
    if (i % 2) continue
    fs.append(@() j)
  }
  return fs
}
foreach (f in g()) print(f() + " ")
print("\n")
