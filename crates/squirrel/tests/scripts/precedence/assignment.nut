// Assignment is an expression, right associative.
local a, b, c
a = b = c = 5
print(a + " " + b + " " + c + "\n")
a = b += c
print(a + " " + b + " " + c + "\n")
a += b -= c *= 2
print(a + " " + b + " " + c + "\n")
local t = {}
a = t.x <- 9
print(a + " " + t.x + "\n")
a = t.x = 10
print(a + " " + t.x + "\n")
print((a = 3) + a + "\n")
if ((b = 0)) print("no\n"); else print("b is " + b + "\n")
local d = a == 3 ? b = 1 : 2
print(d + " " + b + "\n")
while ((a = a - 1) > 0) print("a " + a + "\n")
