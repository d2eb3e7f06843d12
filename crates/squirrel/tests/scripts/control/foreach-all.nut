// foreach over every type that can be iterated.
foreach (v in [1, 2]) print(v + " ")
foreach (i, v in [1, 2]) print(i + ":" + v + " ")
foreach (v in { a = 1 }) print(v + " ")
foreach (k, v in { a = 1 }) print(k + ":" + v + " ")
foreach (c in "hi") print(c + " ")
foreach (i, c in "hi") print(i + ":" + c + " ")
class C { x = 5 }
foreach (k, v in C) print(k + ":" + v + " ")
foreach (v in (function() { yield 7 })()) print(v + " ")
local b = blob(2)
b[1] = 9
foreach (i, v in b) print(i + ":" + v + " ")
print("\n")
foreach (v in []) print("never")
foreach (v in {}) print("never")
foreach (v in "") print("never")
foreach (i, row in [[1, 2], [3]]) foreach (j, v in row) print(i + "" + j + v + " ")
print("\n")
foreach (v in [1, 2, 3, 4]) { if (v == 2) continue; if (v == 4) break; print(v + " ") }
print("\n")
local k = "outer", v = "outer"
foreach (k, v in [0]) {}
print(k + v + "\n")
