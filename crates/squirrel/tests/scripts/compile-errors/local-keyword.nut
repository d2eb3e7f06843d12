// A keyword as the name of a local.
local while = 1
