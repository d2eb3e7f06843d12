// Empty parentheses.
local a = ()
