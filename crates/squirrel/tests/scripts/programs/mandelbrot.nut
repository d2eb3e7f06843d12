// Float arithmetic: a small Mandelbrot set.
for (local y = -1.2; y <= 1.2; y += 0.2) {
  local line = ""
  for (local x = -2.0; x <= 0.6; x += 0.07) {
    local zr = 0.0, zi = 0.0, i = 0
    while (i < 30 && zr * zr + zi * zi < 4.0) {
      local t = zr * zr - zi * zi + x
      zi = 2.0 * zr * zi + y
      zr = t
      i++
    }
    line += " .:-=+*#%@"[i * 9 / 30].tochar()
  }
  print(line + "\n")
}
