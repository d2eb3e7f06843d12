// Modulo by zero raises an error, as division does. The reference makes the error and loses it.
function try_it(f) { try { print(f() + "\n") } catch (e) { print(e + "\n") } }
local zero = 0
try_it(@() 5 % 0)
try_it(@() 5 % zero)
try_it(@() 0 % zero)
try_it(@() -2147483648 % zero)
try_it(function() { local x = 7; x %= zero; return x })
try_it(function() { local t = { n = 7 }; t.n %= zero; return t.n })
try_it(@() 5 / zero)
try_it(@() 5 % 3)
function nan(x) { return x >= 0 && !(x <= 0) && !(x == 1.0 / 0.0) }
print(nan(5.0 % 0) + " " + nan(5 % 0.0) + "\n")
