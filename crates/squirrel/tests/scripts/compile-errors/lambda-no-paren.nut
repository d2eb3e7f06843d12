// A lambda needs parentheses.
local f = @x x
