// The game of life on a small torus.
local w = 8, h = 6
local grid = array(h)
for (local y = 0; y < h; y++) grid[y] = array(w, 0)
foreach (p in [[1, 0], [2, 1], [0, 2], [1, 2], [2, 2]]) grid[p[1]][p[0]] = 1
function step(g) {
  local n = array(h)
  for (local y = 0; y < h; y++) {
    n[y] = array(w, 0)
    for (local x = 0; x < w; x++) {
      local s = 0
      for (local dy = -1; dy <= 1; dy++) for (local dx = -1; dx <= 1; dx++)
        if (dx || dy) s += g[(y + dy + h) % h][(x + dx + w) % w]
      n[y][x] = (s == 3 || (s == 2 && g[y][x])) ? 1 : 0
    }
  }
  return n
}
for (local i = 0; i < 4; i++) {
  foreach (row in grid) { foreach (c in row) print(c ? "#" : "."); print("\n") }
  print("\n")
  grid = step(grid)
}
