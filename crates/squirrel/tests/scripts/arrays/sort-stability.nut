// The heap sort is not stable: the exact order of equal keys, and which comparisons are made.
local a = []
foreach (i, k in [2, 1, 2, 1, 3, 2, 1, 3, 1, 2]) a.append({ k = k, i = i })
a.sort(@(x, y) x.k <=> y.k)
foreach (e in a) print(e.k + ":" + e.i + " ")
print("\n")
local log = ""
local b = [4, 2, 5, 1, 3]
b.sort(function(x, y) { log += x + "<" + y + " "; return x <=> y })
print(log + "\n")
foreach (v in b) print(v + " ")
print("\n")
local same = ["a", "b", "c", "d", "e", "f", "g"]
same.sort(@(x, y) 0)
foreach (v in same) print(v + " ")
print("\n")
