// Comparators that contradict themselves: sorting ends, every element is still there once.
function check(name, f) {
  local a = []
  for (local i = 0; i < 30; i++) a.append(i)
  try { a.sort(f) } catch (e) { }
  local seen = {}
  foreach (v in a) seen[v] <- true
  print(name + " " + a.len() + " " + seen.len() + "\n")
}
check("always 1", @(x, y) 1)
check("always -1", @(x, y) -1)
check("always 0", @(x, y) 0)
local n = 0
check("alternating", function(x, y) { n++; return n % 2 ? 1 : -1 })
check("modulo", function(x, y) { n = (n * 1103515245 + 12345); return (n >> 16) % 3 - 1 })
check("largest", @(x, y) 2147483647)
check("smallest", @(x, y) -2147483648)
check("float", @(x, y) 0.5)
check("infinite", @(x, y) 1.0 / 0.0)
