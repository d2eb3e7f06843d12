// Prefix decrement of a call.
local a = --f()
print(a)
