// An assignment sign after a string key.
local t = { "a" = 1 }
