// There is no arrow.
local f = x => x
