// A keyword as a plain key.
local t = { extends = 1 }
