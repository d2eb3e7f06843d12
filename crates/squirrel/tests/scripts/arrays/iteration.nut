// foreach over arrays that change underneath.
local a = [1, 2, 3]
foreach (i, v in a) print(i + "=" + v + " ")
print("\n")
foreach (v in a) { if (v == 1) a.append(4); print(v + " ") }
print("\n")
foreach (i, v in a) { if (v == 2) a.remove(0); print(i + ":" + v + " ") }
print("\n")
foreach (v in a) { print(v + " "); a.clear() }
print(a.len() + "\n")
local b = [1, 2, 3]
foreach (v in b) { b = ["other"]; print(v + " ") }
print(b[0] + "\n")
foreach (i, v in [10, 20]) { i = 5; v = 6; print(i + v + " ") }
print("\n")
local c = [1, 2, 3]
foreach (i, v in c) c[i] = v * 2
print(c[0] + " " + c[1] + " " + c[2] + "\n")
