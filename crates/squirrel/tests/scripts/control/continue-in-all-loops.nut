// continue in every kind of loop, with nested loops and switches.
local s = ""
for (local i = 0; i < 5; i++) { if (i % 2) continue; s += i }
local i = 0
while (i < 5) { i++; if (i == 2) continue; s += "w" + i }
do { i--; if (i == 2) continue; s += "d" + i } while (i > 0)
foreach (k, v in ["a", "b", "c"]) { if (k == 1) continue; s += v }
foreach (v in "xyz") { if (v == 'y') continue; s += v.tochar() }
foreach (k, v in { only = 1 }) { if (k == "only") continue; s += "never" }
for (local i = 0; i < 3; i++) { foreach (v in [0, 1, 2]) { if (v == i) continue; switch (v) { case 1: continue; case 2: break } s += i + "" + v } }
print(s + "\n")
