// Containers that contain themselves, in every place that prints, copies or compares.
local t = { name = "t" }
t.self <- t
local a = [1]
a.append(a)
class C { me = null }
local c = C()
c.me = c
local b = { c = c, a = a, t = t }
t.b <- b
foreach (v in [t, a, c, b]) {
  print(("" + v).slice(0, 4) + " " + v.tostring().slice(0, 4) + " " + typeof v + " " + typeof (clone v) + "\n")
}
print((t == t.self) + " " + (a[1] == a) + " " + (c.me == c) + " " + t.self.self.self.name + "\n")
print((a <=> a) + " " + a.find(a) + " " + a.map(@(x) x).len() + "\n")
try { throw t } catch (e) { print((e == t) + "\n") }
try { t[t] } catch (e) { print(e + "\n") }
try { t + a } catch (e) { print(e + "\n") }
try { t < a } catch (e) { print(e + "\n") }
try { format("%s", t) } catch (e) { print(e + "\n") }
t[t] <- t
print((t[t] == t) + " " + (t in t) + "\n")
local w = t.weakref()
t.w <- w
print((t.w == t) + "\n")
t = null
a = null
c = null
b = null
collectgarbage()
print("alive\n")
