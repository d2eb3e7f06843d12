// What a call copies and what it shares.
function change(n, s, a, t) { n = 99; s += "x"; a.append(1); t.k <- 5; a = null; t = null }
local n = 1, s = "s", a = [], t = {}
change(n, s, a, t)
print(n + s + a.len() + t.k + "\n")
function swap(p) { local t = p[0]; p[0] = p[1]; p[1] = t }
local p = [1, 2]
swap(p)
print(p[0] + "" + p[1] + "\n")
function ret() { return p }
ret()[0] = 7
print(p[0] + "\n")
local f = change
print((f == change) + " " + (clone p == p) + "\n")
