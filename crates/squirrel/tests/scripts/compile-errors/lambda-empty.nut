// A lambda needs an expression.
local f = @()
