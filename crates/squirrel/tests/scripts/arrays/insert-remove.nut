// insert and remove.
function show(a) { foreach (v in a) print(v + " "); print("| " + a.len() + "\n") }
local a = ["b", "d"]
a.insert(0, "a")
a.insert(2, "c")
a.insert(4, "e")
show(a)
print(a.remove(0) + " " + a.remove(3) + " " + a.remove(1.9) + "\n")
show(a)
foreach (i in [-1, 3, 100])
  try { a.insert(i, "x"); show(a) } catch (e) { print("insert " + i + ": " + e + "\n") }
foreach (i in [-1, 2, 100])
  try { a.remove(i); show(a) } catch (e) { print("remove " + i + ": " + e + "\n") }
try { a.insert("0", 1) } catch (e) { print(e + "\n") }
try { a.remove("0") } catch (e) { print(e + "\n") }
try { a.insert(0) } catch (e) { print(e + "\n") }
try { [].remove(0) } catch (e) { print(e + "\n") }
show(a)
