// Default parameters: evaluated once, when the function is made.
function f(a, b = 2, c = 3) { return a + " " + b + " " + c }
print(f(1) + "\n")
print(f(1, 20) + "\n")
print(f(1, 20, 30) + "\n")
print(f(1, null) + "\n")
function list(v, l = []) { l.append(v); return l.len() }
print(list(1) + " " + list(2) + " " + list(3, []) + " " + list(4) + "\n")
local n = 0
function side() { n++; return n }
function g(a = side()) { return a }
print(g() + " " + g() + " " + n + "\n")
function make(x) { return function(y = x * 2) { return y } }
print(make(5)() + " " + make(6)() + " " + make(7)(1) + "\n")
local h = @(a, b = 10) a * b
print(h(2) + " " + h(2, 3) + "\n")
function all(a = 1, b = "x") { return a + b }
print(all() + " " + all(5) + " " + all(5, "y") + "\n")
local k = 1
function outerdef(a = k) { return a }
k = 2
print(outerdef() + "\n")
