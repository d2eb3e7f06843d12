// A digest of the order of a big table, through growth and deletion.
local t = {}
for (local i = 0; i < 1000; i++) t["item-" + i] <- i
local h = 0, n = 0
foreach (k, v in t) { h = h * 31 + v; n++ }
print(n + " " + h + "\n")
for (local i = 0; i < 1000; i += 2) delete t["item-" + i]
h = 0
foreach (k, v in t) h = h * 31 + v
print(t.len() + " " + h + "\n")
for (local i = 0; i < 1000; i++) if (i % 10 != 1 && ("item-" + i) in t) delete t["item-" + i]
h = 0
foreach (k, v in t) h = h * 31 + v
print(t.len() + " " + h + "\n")
for (local i = 0; i < 300; i++) t[i * 7] <- i
h = 0
foreach (k, v in t) h = h * 31 + v
print(t.len() + " " + h + "\n")
