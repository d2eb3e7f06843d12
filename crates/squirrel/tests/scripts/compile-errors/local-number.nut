// A number as the name of a local.
local 5 = a
