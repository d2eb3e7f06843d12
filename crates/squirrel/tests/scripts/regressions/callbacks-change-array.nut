// map, filter, reduce and apply whose callbacks change the array: no crash.
function try_it(name, f) { try { f() } catch (e) { } print(name + "\n") }
local a
function fresh() { a = [1, 2, 3, 4, 5, 6, 7, 8] }
foreach (op in ["map", "apply", "filter", "reduce"]) {
  fresh()
  try_it(op + " clear", @() a[op](function(...) { a.clear(); return 1 }))
  fresh()
  try_it(op + " resize", @() a[op](function(...) { a.resize(2); return 1 }))
  fresh()
  try_it(op + " append", @() a[op](function(...) { if (a.len() < 100) a.append(0); return 1 }))
  fresh()
  try_it(op + " self", @() a[op](function(...) { a[0] = a; return a }))
}
local e = [1, 2, 3]
e.extend(e)
print(e.len() + "\n")
