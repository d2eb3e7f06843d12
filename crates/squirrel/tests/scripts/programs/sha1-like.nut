// A mixing function with wrapping additions and rotations.
function rotl(x, n) { return x << n | x >>> (32 - n) }
function hash(s) {
  local a = 0x67452301, b = 0xefcdab89, c = 0x98badcfe
  foreach (i, ch in s) {
    local t = rotl(a, 5) + (b & c | ~b & a) + ch * 0x5a827999 + i
    c = rotl(b, 30)
    b = a
    a = t
  }
  return format("%08x%08x%08x", a, b, c)
}
foreach (s in ["", "a", "abc", "message digest", "abcdefghijklmnopqrstuvwxyz"]) print(hash(s) + "\n")
