// Lambda expressions.
local sq = @(x) x * x
local add = @(a, b) a + b
local none = @() "none"
local vary = @(...) vargv.len()
print(sq(5) + " " + add(1, 2) + " " + none() + " " + vary(1, 2, 3) + "\n")
local curry = @(a) @(b) @(c) a + b + c
print(curry(1)(2)(3) + "\n")
print((@(x) x ? "t" : "f")(0) + "\n")
local assign = 0
local setter = @(v) assign = v
print(setter(7) + " " + assign + "\n")
local tab = @() { a = 1, b = [1, 2] }
print(tab().b[1] + "\n")
print([1, 2, 3].map(@(x) x + 1)[2] + "\n")
local pair = [@(x) x, @(x) -x]
print(pair[0](1) + " " + pair[1](1) + "\n")
