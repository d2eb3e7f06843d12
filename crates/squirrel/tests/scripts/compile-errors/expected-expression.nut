// The expression is missing at the end.
local a = 
