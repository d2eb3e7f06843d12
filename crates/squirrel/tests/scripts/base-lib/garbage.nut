// collectgarbage and resurrectunreachable return something harmless.
local a = {}
a.self <- a
a = null
local n = collectgarbage()
print(typeof n + " " + (n >= 1) + "\n")
print(typeof collectgarbage() + "\n")
local keep = { x = { y = 1 } }
collectgarbage()
print(keep.x.y + "\n")
class N { next = null }
for (local i = 0; i < 10; i++) { local x = N(), y = N(); x.next = y; y.next = x }
print((collectgarbage() > 0) + "\n")
