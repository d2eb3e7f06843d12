// A letter outside ASCII.
local a = 1
é = 2
