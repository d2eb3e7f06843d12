// A name is missing after the comma.
local a = 1,
