// Base 64, both ways.
local chars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
function enc(s) {
  local r = ""
  for (local i = 0; i < s.len(); i += 3) {
    local n = (s[i] & 0xff) << 16
    if (i + 1 < s.len()) n = n | (s[i + 1] & 0xff) << 8
    if (i + 2 < s.len()) n = n | (s[i + 2] & 0xff)
    r += chars[n >> 18 & 63].tochar() + chars[n >> 12 & 63].tochar()
    r += i + 1 < s.len() ? chars[n >> 6 & 63].tochar() : "="
    r += i + 2 < s.len() ? chars[n & 63].tochar() : "="
  }
  return r
}
function dec(s) {
  local r = "", n = 0, bits = 0
  foreach (c in s) {
    if (c == '=') break
    n = (n << 6 | chars.find(c.tochar())) & 0xffffff
    bits += 6
    if (bits >= 8) { bits -= 8; r += (n >> bits & 0xff).tochar() }
  }
  return r
}
foreach (s in ["", "M", "Ma", "Man", "Hello, world!", "\xff\xfe\x00x"]) print(enc(s) + " " + (dec(enc(s)) == s) + "\n")
print(dec("SW1wIFN0ZWFk") + "\n")
