// Increment of a parenthesised local.
local a = 1;
(a)++
