// The methods of tables.
local t = { a = 1, b = 2 }
print(t.len() + "\n")
print(t.rawget("a") + " " + t.rawin("a") + " " + t.rawin("z") + "\n")
print(typeof t.rawset("c", 3) + " " + t.c + "\n")
print(t.rawdelete("c") + " " + t.rawin("c") + "\n")
print(t.rawdelete("nothing") + "\n")
try { t.rawget("z") } catch (e) { print(e + "\n") }
try { t.rawset(null, 1) } catch (e) { print(e + "\n") }
print(typeof t.weakref() + " " + typeof t.tostring() + "\n")
print(typeof t.clear() + " " + t.len() + "\n")
local d = {}
print((t.setdelegate(d) == t) + " " + (t.getdelegate() == d) + " " + d.getdelegate() + "\n")
t.setdelegate(null)
print(t.getdelegate() + "\n")
try { t.len(1) } catch (e) { print(e + "\n") }
try { t.rawget() } catch (e) { print(e + "\n") }
try { t.setdelegate(1) } catch (e) { print(e + "\n") }
try { t.len.call([]) } catch (e) { print(e + "\n") }
