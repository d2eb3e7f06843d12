// delete returns the value it removed.
local t = { a = 1, b = [2], c = null }
print(delete t.a + "\n")
print((delete t["b"])[0] + "\n")
print(t.len() + "\n")
local v = delete t.c
print((v == null) + " " + t.len() + "\n")
try { delete t.zz } catch (e) { print(e + "\n") }
try { delete t[5] } catch (e) { print(e + "\n") }
try { delete [1, 2][0] } catch (e) { print(e + "\n") }
try { local n = null; delete n.x } catch (e) { print(e + "\n") }
try { local n = 5; delete n.x } catch (e) { print(e + "\n") }
try { delete "str".x } catch (e) { print(e + "\n") }
class C { x = 1 }
try { delete C.x } catch (e) { print(e + "\n") }
try { local i = C(); delete i.x } catch (e) { print(e + "\n") }
g <- 5
print(delete ::g + "\n")
print(("g" in getroottable()) + "\n")
