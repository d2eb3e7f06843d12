// Floats from bit patterns.
local seed = 1
for (local i = 0; i < 200; i++) {
  seed = seed * 1664525 + 1013904223
  local f = casti2f(seed)
  if (f - f == 0) print(f + (i % 8 == 7 ? "\n" : " "))
}
print("\n")
