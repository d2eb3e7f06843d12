// The `in` operator: own slots, indices, members.
local t = { a = 1, n = null, [5] = 2 }
print(("a" in t) + " " + ("b" in t) + " " + ("n" in t) + " " + (5 in t) + " " + (5.0 in t) + " " + ("len" in t) + "\n")
local d = { x = 1 }.setdelegate(t)
print(("x" in d) + " " + ("a" in d) + "\n")
local arr = [10, 20, null]
print((0 in arr) + " " + (2 in arr) + " " + (3 in arr) + " " + (-1 in arr) + " " + (10 in arr) + " " + ("0" in arr) + "\n")
print((0 in "abc") + " " + (3 in "abc") + " " + ("a" in "abc") + "\n")
class C { f = 1; static s = 2; function m() {} constructor() {} }
print(("f" in C) + " " + ("s" in C) + " " + ("m" in C) + " " + ("z" in C) + " " + ("constructor" in C) + "\n")
local i = C()
print(("f" in i) + " " + ("s" in i) + " " + ("m" in i) + " " + ("z" in i) + " " + ("getclass" in i) + "\n")
print((1 in 5) + " " + ("a" in null) + " " + (0 in 1.5) + " " + (0 in print) + "\n")
