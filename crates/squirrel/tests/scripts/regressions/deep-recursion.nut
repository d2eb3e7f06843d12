// Ten thousand plain levels of recursion work.
function depth(n) { return n == 0 ? 0 : 1 + depth(n - 1) }
print(depth(10000) + "\n")
local t = { function down(n) { local a = n, b = a; if (n > 0) { local r = down(n - 1); return r + 1 }; return 0 } }
print(t.down(9990) + "\n")
class C { function m(n) { return n ? m(n - 1) + 1 : 0 } }
print(C().m(9990) + "\n")
local f
f = @(n) n ? 1 + f(n - 1) : 0
print(f(9990) + "\n")
function even(n) { if (n == 0) return true; local r = odd(n - 1); return r }
function odd(n) { if (n == 0) return false; local r = even(n - 1); return r }
print(even(9990) + "\n")
