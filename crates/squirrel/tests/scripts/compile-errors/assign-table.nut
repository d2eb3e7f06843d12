// A table literal cannot be assigned to.
local t = {} = 1
