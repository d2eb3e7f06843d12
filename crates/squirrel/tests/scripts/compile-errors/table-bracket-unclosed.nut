// The bracket of a computed key is not closed.
local t = { ["a" = 1 }
