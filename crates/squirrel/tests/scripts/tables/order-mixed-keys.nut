// Iteration order of floats, booleans and mixtures.
function show(t) { foreach (k, v in t) print(k + ":" + typeof k + " "); print("\n") }
show({ [0.5] = 1, [1.5] = 1, [2.5] = 1, [3.9] = 1 })
show({ [true] = 1, [false] = 1 })
show({ [1] = 1, [1.0] = 1, [true] = 1, ["1"] = 1 })
local t = {}
foreach (k in [2.75, "x", 7, true, -1.5, "seven", 0, false, 100.25, -100]) t[k] <- 1
show(t)
foreach (k in ["x", 7, -1.5]) delete t[k]
show(t)
t[7.0] <- 1
show(t)
