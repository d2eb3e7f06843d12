// A newline in a string.
local a = "abc
local b = 1
