// A local is not initialised by the new slot operator.
local temp <- 0;
