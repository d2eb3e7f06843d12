// A function without a name in a table.
local t = { function() { } }
