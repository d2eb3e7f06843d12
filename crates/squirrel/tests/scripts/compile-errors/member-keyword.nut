// A keyword after a dot.
local a = b.class
