// Arrays, classes, blobs and generators that are changed while they are walked: the walk ends.
local n = 0
local a = [1, 2, 3, 4, 5]
foreach (v in a) { n++; a.clear() }
print(n + "\n")
a = [1, 2, 3, 4, 5]
n = 0
foreach (i, v in a) { n++; a.resize(2) }
print(n + "\n")
class C { a = 1; b = 2; c = 3 }
n = 0
foreach (k, v in C) { if (n < 100) C["m" + n] <- function() { }; n++; if (n > 10000) break }
print((n < 10000) + "\n")
local b = blob(5)
n = 0
foreach (v in b) { n++; b.resize(1) }
print((n < 10) + "\n")
b = blob(5)
n = 0
try { foreach (v in b) { n++; b.resize(0) } } catch (e) { }
print((n < 10) + "\n")
local g
function gen() { yield 1; try { foreach (x in g) { } } catch (e) { yield e } }
g = gen()
foreach (v in g) print(v + "\n")
local u = (function() { yield 1; yield 2 })()
try { foreach (v in u) { foreach (w in u) { } } } catch (e) { }
print(u.getstatus() + "\n")
