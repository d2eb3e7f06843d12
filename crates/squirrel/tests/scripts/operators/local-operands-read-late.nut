// Operands that are plain locals are read when the operator runs.
local i = 1
print(i + i++ + "\n")
i = 1
print(i++ + i + "\n")
i = 1
print(i + ++i + "\n")
i = 5
local f = function() { i = 100; return 1 }
print(i + f() + "\n")
i = 5
print(f() + i + "\n")
i = 1
function g(a, b, c) { return a + " " + b + " " + c }
print(g(i, i++, i) + "\n")
local a = [0, 0, 0, 0]
i = 1
a[i] = i++
print(a[0] + " " + a[1] + " " + a[2] + "\n")
i = 1
local arr = [i, i++, i]
print(arr[0] + " " + arr[1] + " " + arr[2] + "\n")
i = 1
i = i++ + i++
print(i + "\n")
i = 2
i += i++
print(i + "\n")
