// All operators over pairs of integers, as a digest and in part.
local vals = [0, 1, -1, 2, -2, 3, 7, -7, 10, 255, 256, -256, 65535, 65536, 1000000, -1000000, 2147483647, -2147483647, -2147483648]
local h = 17
function mix(x) { h = h * 31 + x }
foreach (a in vals) foreach (b in vals) {
  mix(a + b); mix(a - b); mix(a * b)
  if (b != 0 && !(b == -1 && a == -2147483648)) { mix(a / b); mix(a % b) }
  mix(a & b); mix(a | b); mix(a ^ b)
  mix(a < b ? 1 : 0); mix(a <=> b)
}
print(h + "\n")
foreach (a in vals) print(-a + " " + ~a + " " + (a << 3) + " " + (a >> 3) + " " + (a >>> 3) + "\n")
