// Keys of more than 32 bytes are hashed by a sample of their bytes.
function show(t) { foreach (k, v in t) print(v + " "); print("\n") }
local t = {}
local pad = "................................"
for (local i = 0; i < 12; i++) t[pad + i] <- i
show(t)
t = {}
for (local i = 0; i < 12; i++) t[i + pad + pad] <- i
show(t)
t = {}
for (local i = 0; i < 12; i++) t[pad + pad + i + pad] <- i
show(t)
t = {}
local s = ""
for (local i = 0; i < 40; i++) { s += "x"; t[s] <- i }
show(t)
