// Function bodies without braces.
function f(x) return x * 2
print(f(4) + "\n")
local g = function(x) return x + 1
print(g(4) + "\n")
function h(x) if (x) return "yes"; else return "no"
print(h(1) + h(0) + "\n")
function w(n) while (n > 3) n--
print(w(10) + "\n")
local fs = [function() return 1, function() return 2]
print(fs.len() + "\n")
