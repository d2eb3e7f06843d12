// A character of two bytes.
local a = 'ab'
