// A digit that is not octal.
local a = 0128
