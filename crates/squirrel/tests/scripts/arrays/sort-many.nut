// Bigger sorts: random order, descending, equal keys, strings, by a field.
local seed = 42
function rnd() { seed = seed * 1103515245 + 12345; return (seed >> 16) & 0x7fff }
function sorted(a, f) { for (local i = 1; i < a.len(); i++) if (f(a[i - 1], a[i]) > 0) return false; return true }
foreach (n in [0, 1, 2, 3, 4, 5, 10, 33, 100, 500]) {
  local a = []
  for (local i = 0; i < n; i++) a.append(rnd() % 100)
  a.sort()
  local b = clone a
  b.sort(@(x, y) y - x)
  print(n + " " + sorted(a, @(x, y) x - y) + " " + sorted(b, @(x, y) y - x) + "\n")
}
local recs = []
for (local i = 0; i < 30; i++) recs.append({ k = rnd() % 5, i = i })
recs.sort(@(x, y) x.k <=> y.k)
foreach (r in recs) print(r.k + ":" + r.i + " ")
print("\n")
local words = []
for (local i = 0; i < 20; i++) words.append("w" + rnd() % 50)
words.sort()
foreach (w in words) print(w + " ")
print("\n")
local mixed = [3, 1.5, 2, 0.5, -1, 2.5]
mixed.sort()
foreach (v in mixed) print(v + " ")
print("\n")
