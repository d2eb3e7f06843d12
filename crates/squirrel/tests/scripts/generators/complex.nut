// Many generators at once, recursion, pipelines.
function range(a, b) { for (local i = a; i < b; i++) yield i }
function map(g, f) { foreach (v in g) yield f(v) }
function filter(g, f) { foreach (v in g) if (f(v)) yield v }
function take(g, n) { foreach (k, v in g) { if (k >= n) return; yield v } }
foreach (v in take(filter(map(range(0, 100), @(x) x * x), @(x) x % 2 == 0), 5)) print(v + " ")
print("\n")
function tree(n) { return n == 0 ? null : { l = tree(n - 1), v = n, r = tree(n - 1) } }
function walk(t) {
  if (t == null) return
  foreach (v in walk(t.l)) yield v
  yield t.v
  foreach (v in walk(t.r)) yield v
}
foreach (v in walk(tree(4))) print(v + " ")
print("\n")
local gs = []
for (local i = 0; i < 3; i++) gs.append(range(i * 10, i * 10 + 3))
for (local k = 0; k < 3; k++) foreach (g in gs) print(resume g + " ")
print("\n")
