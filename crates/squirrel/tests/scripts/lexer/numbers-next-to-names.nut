// What ends a number, and what does not.
print((5).tofloat() + "\n")
print((5).tostring() + "|\n")
local t = [10, 20, 30]
print(t[1]+t[2] + "\n")
print(1+1 + "\n")
print(1 - -1 + "\n")
print(1.5.tointeger() + "\n")
print(1..tostring() + "\n")
