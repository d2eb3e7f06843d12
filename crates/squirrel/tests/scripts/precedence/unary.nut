// Prefix operators bind tighter than any infix one, looser than postfix ones.
local a = [1, 2], t = { n = 5, f = function() { return 7 } }
print(-a[1] + "\n")
print(-t.n + " " + -t.f() + "\n")
print(!a[0] + " " + ~t.n + "\n")
print(typeof a[0] + " " + typeof t.f() + " " + typeof t.f + "\n")
print(- - 5 + " " + -(-5) + " " + ~ ~5 + " " + !!5 + "\n")
print(-2 + 3 + " " + (-2 - -3) + "\n")
print(typeof -1 + " " + typeof !1 + "\n")
local c = clone a
print((clone a).len() + " " + (typeof clone a) + "\n")
