// A digit that is not octal, at the end.
local a = 0778
