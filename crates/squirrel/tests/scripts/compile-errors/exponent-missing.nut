// The digits of the exponent are missing.
local a = 1e
