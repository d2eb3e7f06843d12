// The initialiser of a local is no target.
local x = 1 = 2
