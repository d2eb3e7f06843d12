// clone copies tables, arrays and instances one level deep.
local t = { a = 1, l = [1] }
local u = clone t
u.a = 2
u.l.append(2)
print(t.a + " " + u.a + " " + t.l.len() + " " + (t == u) + "\n")
local a = [1, [2]]
local b = clone a
b[0] = 9
b[1][0] = 8
print(a[0] + " " + b[0] + " " + a[1][0] + "\n")
class C { x = 1; l = null; constructor() { l = []; print("made\n") } }
local i = C()
i.x = 5
local j = clone i
j.x = 6
j.l.append(0)
print(i.x + " " + j.x + " " + i.l.len() + " " + (j instanceof C) + "\n")
foreach (v in [null, 1, 1.5, true, "s", print, C, function() {}])
  try { clone v; print("ok\n") } catch (e) { print(e + "\n") }
local base_ = { z = 26 }
local d = {}.setdelegate(base_)
print((clone d).z + "\n")
