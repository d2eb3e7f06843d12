// A colon after a plain name.
local t = { a : 1 }
