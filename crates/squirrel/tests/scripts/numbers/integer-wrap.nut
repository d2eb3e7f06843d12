// Integer arithmetic wraps at 32 bits.
local max = 2147483647, min = -2147483648
print(max + 1 + "\n")
print(min - 1 + "\n")
print(max * 2 + "\n")
print(max * max + "\n")
print(min * min + "\n")
print(min * -1 + "\n")
print(-min + "\n")
print(65536 * 65536 + "\n")
print(123456789 * 987654321 + "\n")
local i = max
i++
print(i + "\n")
i--
print(i + "\n")
i += 10
print(i + "\n")
i *= 3
print(i + "\n")
