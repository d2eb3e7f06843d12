// A local is not created by the new slot operator.
local a = 1
a <- 2
