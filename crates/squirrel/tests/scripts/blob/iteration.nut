// foreach over blobs, changes during iteration.
local b = blob(3)
foreach (i, v in b) b[i] = i * 10
foreach (i, v in b) print(i + ":" + v + " ")
print("\n")
foreach (v in b) { print(v + " "); if (v == 10) break }
print("\n")
local total = 0
foreach (v in b) foreach (w in b) total += v + w
print(total + "\n")
