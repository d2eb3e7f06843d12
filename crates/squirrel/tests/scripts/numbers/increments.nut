// Prefix and postfix increments on locals, slots, array elements and captured variables.
local i = 5
print(i++ + " " + i + "\n")
print(++i + " " + i + "\n")
print(i-- + " " + i + "\n")
print(--i + " " + i + "\n")
local t = { n = 1 }
print(t.n++ + " " + t.n + "\n")
print(++t.n + " " + t.n + "\n")
print(t["n"]-- + " " + t.n + "\n")
print(--t.n + " " + t.n + "\n")
local a = [10, 20]
a[0]++
++a[1]
print(a[0]++ + " " + a[0] + " " + a[1]-- + " " + a[1] + "\n")
g <- 7
g++
print(g++ + " " + ::g + "\n")
::g--
print(::g + "\n")
local f = function() { return i++ }
print(f() + " " + f() + " " + i + "\n")
local h = function() { return --i }
print(h() + " " + i + "\n")
