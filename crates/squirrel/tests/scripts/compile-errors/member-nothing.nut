// Nothing after a dot.
local a = b.
