// A clone is filled in the order of iteration, so its own order may differ.
function show(t) { foreach (k, v in t) print(k + " "); print("\n") }
local t = {}
foreach (n in ["s", "q", "u", "i", "r", "e", "l", "z", "y", "x", "w"]) t[n] <- 1
delete t.s
delete t.i
local c = clone t
show(t)
show(c)
c.more <- 1
t.more <- 1
show(t)
show(c)
