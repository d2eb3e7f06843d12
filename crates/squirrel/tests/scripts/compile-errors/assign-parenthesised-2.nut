// A local in parentheses cannot be assigned to.
local a;
(a) = 5
