// += -= *= /= %= on every kind of target.
local x = 10
x += 5; print(x + "\n")
x -= 3; print(x + "\n")
x *= 4; print(x + "\n")
x /= 5; print(x + "\n")
x %= 4; print(x + "\n")
x += 0.5; print(x + "\n")
local s = "a"
s += "b"; s += 1; s += 2.5
print(s + "\n")
local t = { v = 2, l = [1, 2, 3] }
t.v += 3; t.v *= 10; t.v -= 1; t.v /= 7; t.v %= 5
print(t.v + "\n")
t.l[1] += 40
t["v"] += 1
print(t.l[1] + " " + t.v + "\n")
g <- 1
g += 1
::g *= 21
print(g + "\n")
print((x += 2) + "\n")
local f = function() { x += 1; return x }
print(f() + " " + x + "\n")
