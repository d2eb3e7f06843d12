// A bracket at the start of a line.
local a = 1
[1, 2].map(print)
