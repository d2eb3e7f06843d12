// A variable captured in a loop body is closed when continue leaves the body from inside an if. The reference shares it with the next round.
local fs = []
for (local i = 0; i < 4; i++) {
  local j = i * 10
  fs.append(function() { return j++ })
  if (i == 1) continue
  j += 5
}
foreach (f in fs) print(f() + " ")
print("\n")
local gs = []
foreach (v in ["a", "b", "c"]) {
  local w = v
  gs.append(@() w)
  if (v == "a") continue
  w += "!"
}
foreach (g in gs) print(g() + " ")
print("\n")
