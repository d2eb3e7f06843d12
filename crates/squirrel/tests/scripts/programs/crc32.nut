// CRC-32 with shifts and masks on 32-bit integers.
local table_ = []
for (local n = 0; n < 256; n++) {
  local c = n
  for (local k = 0; k < 8; k++) c = c & 1 ? 0xEDB88320 ^ (c >>> 1) : c >>> 1
  table_.append(c)
}
function crc(s) {
  local c = 0xFFFFFFFF
  foreach (b in s) c = table_[(c ^ b) & 0xff] ^ (c >>> 8)
  return c ^ 0xFFFFFFFF
}
foreach (s in ["", "a", "123456789", "The quick brown fox jumps over the lazy dog", "\xff\x00\x80"])
  print(format("%08x", crc(s)) + "\n")
