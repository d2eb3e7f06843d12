// A character of two bytes, as UTF-8.
local a = 'é'
