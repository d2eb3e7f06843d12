// The same with integer, boolean and float keys.
local seed = 99
function rnd(n) { seed = seed * 1103515245 + 12345; return ((seed >> 16) & 0x7fff) % n }
local t = {}
for (local i = 0; i < 600; i++) {
  local k = rnd(60) - 30
  if (rnd(3) == 0) k = k * 0.5
  if (rnd(20) == 0) k = k > 0
  if (rnd(100) < 60) t[k] <- i
  else if (k in t) delete t[k]
  if (i % 100 == 99) {
    foreach (k, v in t) print(k + " ")
    print("| " + t.len() + "\n")
  }
}
