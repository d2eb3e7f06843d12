// resize with and without a fill value.
function show(a) { foreach (v in a) print((v == null ? "null" : v) + " "); print("| " + a.len() + "\n") }
local a = [1, 2, 3]
a.resize(5)
show(a)
a.resize(2)
show(a)
a.resize(4, "x")
show(a)
a.resize(0)
show(a)
a.resize(3, 0)
show(a)
a.resize(3.9)
show(a)
try { a.resize("3") } catch (e) { print(e + "\n") }
try { a.resize(null) } catch (e) { print(e + "\n") }
try { a.resize() } catch (e) { print(e + "\n") }
