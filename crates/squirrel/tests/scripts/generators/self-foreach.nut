// A running generator is not iterated; a dead one ends at once.
local g
function gen() { yield 1; try { foreach (x in g) print("never") } catch (e) { yield e } }
g = gen()
foreach (v in g) print(v + "\n")
function gen2() { yield 1 }
local h = gen2()
foreach (v in h) print(v + "\n")
foreach (v in h) print("never")
try { resume h } catch (e) { print(e + "\n") }
