// Two commas in a table.
local t = { a = 1,, b = 2 }
