// The body of a lambda is an expression, so braces hold a table.
local f = @() { return 1 }
