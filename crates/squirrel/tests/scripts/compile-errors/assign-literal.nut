// A number cannot be assigned to.
local a = 1
5 = a
