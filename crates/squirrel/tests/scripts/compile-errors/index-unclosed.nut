// The bracket of an index is not closed.
local a = b[1
