// A number after a dot.
local a = b.5
