// A local in parentheses, after a declaration without a value.
local a
(a) = 5
