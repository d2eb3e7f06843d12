// A hexadecimal number with a fraction.
local a = 0x1.5
