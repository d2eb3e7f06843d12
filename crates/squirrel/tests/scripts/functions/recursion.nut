// Recursion: plain, mutual, through tables and locals.
function fact(n) { return n < 2 ? 1 : n * fact(n - 1) }
print(fact(10) + " " + fact(13) + "\n")
function even(n) { return n == 0 ? true : odd(n - 1) }
function odd(n) { return n == 0 ? false : even(n - 1) }
print(even(100) + " " + odd(7) + "\n")
local fib
fib = function(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }
print(fib(15) + "\n")
local t = { function down(n) { return n == 0 ? "done" : down(n - 1) } }
print(t.down(50) + "\n")
local function lost(n) { return n == 0 ? 0 : lost(n - 1) }
try { print(lost(3) + "\n") } catch (e) { print(e + "\n") }
function depth(n) { return n == 0 ? 0 : 1 + depth(n - 1) }
print(depth(1000) + "\n")
