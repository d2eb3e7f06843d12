// A method call on a number literal.
local a = 5.tofloat()
