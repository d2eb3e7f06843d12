// A carriage return at the end of the line before.
local a = 1
local b = = 2
