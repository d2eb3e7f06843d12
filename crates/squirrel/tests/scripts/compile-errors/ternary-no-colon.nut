// The colon of a conditional is missing.
local a = b ? 1
print(a)
