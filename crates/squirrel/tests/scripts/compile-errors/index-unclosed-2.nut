// A parenthesis closes an index.
local a = b[1)
