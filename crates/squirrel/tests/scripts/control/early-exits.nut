// Loops left by break and return at every depth.
function find(grid, x) { foreach (r, row in grid) foreach (c, v in row) if (v == x) return [r, c]; return null }
local g = [[1, 2], [3, 4], [5, 6]]
print(find(g, 4)[0] + "" + find(g, 4)[1] + " " + find(g, 9) + "\n")
local n = 0
while (true) { while (true) { n++; if (n > 5) break } if (n > 8) break }
print(n + "\n")
for (;;) { foreach (v in [1, 2]) { if (v == 2) break; n += 100 } break }
print(n + "\n")
local k = 0
for (local i = 0; i < 10; i++) { if (i == 3) i = 7; k += i }
print(k + "\n")
function count() { local c = 0; for (local i = 0; i < 100; i++) { if (i % 2) continue; if (i > 20) break; c += i } return c }
print(count() + "\n")
