// A character that is not closed.
local a = 'a
local b = 1
