// slice of arrays, bounds included.
function show(a) { foreach (v in a) print(v + " "); print("| " + a.len() + "\n") }
local a = [0, 1, 2, 3, 4]
show(a.slice(1))
show(a.slice(1, 3))
show(a.slice(-2))
show(a.slice(0, -1))
show(a.slice(5))
show(a.slice(2, 2))
show(a.slice(0, 5))
show(a.slice(1.9, 3.9))
foreach (p in [[0, 6], [3, 1], [6, 7], [4, -3]])
  try { show(a.slice(p[0], p[1])) } catch (e) { print(p[0] + "," + p[1] + ": " + e + "\n") }
try { show(a.slice(6)) } catch (e) { print(e + "\n") }
try { a.slice("1") } catch (e) { print(e + "\n") }
try { a.slice(1, null) } catch (e) { print(e + "\n") }
local s = a.slice(0)
s[0] = 99
print(a[0] + " " + s[0] + "\n")
