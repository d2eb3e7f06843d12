// The same through format, with more digits.
local seed = 7
for (local i = 0; i < 60; i++) {
  seed = seed * 1664525 + 1013904223
  local f = casti2f(seed)
  if (f - f == 0) print(format("%.9g %e %G %.3f\n", f, f, f, (seed % 100000) / 7.0))
}
