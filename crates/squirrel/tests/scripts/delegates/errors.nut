// Cycles and wrong types of delegates.
local a = {}, b = {}, c = {}
a.setdelegate(b)
b.setdelegate(c)
try { c.setdelegate(a) } catch (e) { print(e + "\n") }
try { a.setdelegate(a) } catch (e) { print(e + "\n") }
try { c.setdelegate(b) } catch (e) { print(e + "\n") }
c.setdelegate(null)
b.setdelegate(null)
c.setdelegate(a)
print((c.getdelegate() == a) + "\n")
foreach (bad in [1, "s", [], print, class {}])
  try { a.setdelegate(bad) } catch (e) { print(e + "\n") }
try { a.setdelegate() } catch (e) { print(e + "\n") }
local k = { x = 1 }
a.setdelegate(k)
k.y <- 2
print(a.y + " " + c.x + "\n")
k.clear()
try { a.x } catch (e) { print(e + "\n") }
