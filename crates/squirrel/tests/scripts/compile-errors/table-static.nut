// static in a table.
local t = { static a = 1 }
