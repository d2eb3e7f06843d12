// Single precision floats over many steps.
local b = [{ x = 0.0, y = 0.0, vx = 0.0, vy = 0.0, m = 1000.0 }, { x = 10.0, y = 0.0, vx = 0.0, vy = 10.0, m = 1.0 }, { x = -20.0, y = 0.0, vx = 0.0, vy = -7.0, m = 2.0 }]
for (local s = 0; s < 200; s++) {
  foreach (i, p in b) foreach (j, q in b) {
    if (i == j) continue
    local dx = q.x - p.x, dy = q.y - p.y, d2 = dx * dx + dy * dy
    local f = q.m / (d2 * sqrt(d2))
    p.vx += dx * f * 0.01
    p.vy += dy * f * 0.01
  }
  foreach (p in b) { p.x += p.vx * 0.01; p.y += p.vy * 0.01 }
  if (s % 50 == 49) foreach (p in b) print(format("%.3f %.3f  ", p.x, p.y))
}
print("\n")
