// Iteration order of integer keys, also negative and after growing and shrinking.
function show(t) { foreach (k, v in t) print(k + " "); print("\n") }
local t = {}
for (local i = 0; i < 36; i += 3) t[i] <- i
show(t)
for (local i = 0; i < 36; i += 6) delete t[i]
show(t)
for (local i = 100; i < 105; i++) t[i] <- i
show(t)
t = {}
for (local i = 5; i > -6; i--) t[i] <- i
show(t)
t = {}
for (local i = 0; i < 8; i++) t[1 << i] <- i
show(t)
t = {}
foreach (i in [8, 4, 0, 12, 16, 1, 5, 9]) t[i] <- i
show(t)
show({ [3] = 1, [2] = 1, [1] = 1, [0] = 1 })
show({ [10] = 1, [20] = 1, [30] = 1 })
