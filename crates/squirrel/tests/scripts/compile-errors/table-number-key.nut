// A number as a plain key.
local t = { 5 = 1 }
