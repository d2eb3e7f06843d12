// Random insertions and deletions, the order printed from time to time.
local seed = 2024
function rnd(n) { seed = seed * 1103515245 + 12345; return ((seed >> 16) & 0x7fff) % n }
local t = {}
for (local i = 0; i < 600; i++) {
  local k = "k" + rnd(40)
  if (rnd(100) < 55) t[k] <- i
  else if (k in t) delete t[k]
  if (i % 60 == 59) {
    foreach (k, v in t) print(k + " ")
    print("| " + t.len() + "\n")
  }
}
