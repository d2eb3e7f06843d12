// Two dots.
local a = ..b
