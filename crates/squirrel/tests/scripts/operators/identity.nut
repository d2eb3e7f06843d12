// Containers, functions, classes and instances are equal only to themselves.
local a = [], b = []
print((a == a) + " " + (a == b) + " " + ([] == []) + "\n")
local t = {}, u = {}
print((t == t) + " " + (t == u) + "\n")
local f = function() {}, g = f
print((f == g) + " " + (f == function() {}) + "\n")
class C {}
local i = C(), j = C()
print((i == i) + " " + (i == j) + " " + (C == C) + " " + (i.getclass() == C) + "\n")
print((print == print) + " " + (print == ::print) + "\n")
print(("ab" == "a" + "b") + " " + ("ab" != "AB") + "\n")
function mk() { return function() { return 1 } }
print((mk() == mk()) + "\n")
