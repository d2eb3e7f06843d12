// A keyword in place of an expression.
local a = if (1) 2
