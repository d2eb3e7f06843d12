// The smallest integer divided by -1 wraps. The reference is killed by the processor.
local min = -2147483648, one = -1
print(min / one + "\n")
print(-2147483648 / -1 + "\n")
print(min % one + "\n")
print(-2147483648 % -1 + "\n")
local x = min
x /= one
print(x + "\n")
x %= one
print(x + "\n")
print(-min + " " + min * one + "\n")
print((min / -1.0) + "\n")
function fold() { return (-2147483647 - 1) / -1 }
print(fold() + "\n")
