// Functions called where they are made.
print((function(a, b) { return a * b })(6, 7) + "\n")
print((@(x) x + 1)((@(y) y * 2)(5)) + "\n")
local v = function() { local hidden = 5; return { get = @() hidden } }()
print(v.get() + "\n")
print({ a = function() { return "in table" } }.a() + " " + [@() "in array"][0]() + "\n");
(function() { made_inside <- "made" })();
print(made_inside + "\n")
print((true ? @() "yes" : @() "no")() + "\n")
local r = (class { own = 1; function f() { return own } })().f()
print(r + "\n")
