// Packing and unpacking of frames with a blob, as device drivers do.
function pack(readings) {
  local b = blob()
  b.writen(0xA5, 'b')
  b.writen(readings.len(), 'b')
  foreach (r in readings) { b.writen(r.id, 'w'); b.writen((r.temp * 100).tointeger(), 's'); b.writen(r.hum, 'f') }
  local sum = 0
  foreach (v in b) sum = (sum + v) & 0xff
  b.writen(sum, 'b')
  return b
}
function unpack(b) {
  b.seek(0)
  if (b.readn('b') != 0xA5) throw "bad header"
  local n = b.readn('b'), r = []
  for (local i = 0; i < n; i++) r.append({ id = b.readn('w'), temp = b.readn('s') / 100.0, hum = b.readn('f') })
  local sum = 0
  for (local i = 0; i < b.len() - 1; i++) sum = (sum + b[i]) & 0xff
  if (sum != b.readn('b')) throw "bad checksum"
  return r
}
local b = pack([{ id = 1, temp = 21.5, hum = 40.25 }, { id = 65535, temp = -5.25, hum = 99.5 }])
foreach (v in b) print(format("%02x ", v))
print("\n")
foreach (r in unpack(b)) print(r.id + " " + r.temp + " " + r.hum + "\n")
b[3] = b[3] ^ 1
try { unpack(b) } catch (e) { print(e + "\n") }
b[0] = 0
try { unpack(b) } catch (e) { print(e + "\n") }
