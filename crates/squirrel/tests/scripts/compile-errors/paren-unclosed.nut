// A parenthesis that is not closed.
local a = (1 + 2
local b = 3
