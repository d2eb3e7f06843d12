// Yields from within loops, switch and nested blocks with many locals.
function g(n) {
  local a = 1, b = 2, c = "c"
  for (local i = 0; i < n; i++) {
    local d = i * 2
    switch (i % 3) {
      case 0:
        yield "zero " + d
        break
      case 1: {
        local e = d + a
        yield "one " + e
        e++
        yield "one again " + e
        break
      }
      default:
        foreach (k, v in [7, 8]) yield c + k + v
    }
    a += b
  }
  return a
}
foreach (v in g(4)) print(v + "\n")
