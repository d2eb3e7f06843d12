// The digits of the signed exponent are missing.
local a = 1.5e+;
