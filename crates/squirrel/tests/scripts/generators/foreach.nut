// foreach over generators.
function count(n) { for (local i = 0; i < n; i++) yield i * i; return "not seen" }
foreach (v in count(4)) print(v + " ")
print("\n")
foreach (k, v in count(3)) print(k + "=" + v + " ")
print("\n")
foreach (v in count(0)) print("never")
local g = count(5)
resume g
resume g
foreach (k, v in g) print(k + "=" + v + " ")
print(g.getstatus() + "\n")
foreach (v in g) print("dead")
print("after\n")
g = count(5)
foreach (v in g) { if (v == 4) break }
print(g.getstatus() + " " + resume g + "\n")
function nested() { foreach (v in count(3)) { foreach (w in count(v)) yield v + ":" + w } }
foreach (x in nested()) print(x + " ")
print("\n")
