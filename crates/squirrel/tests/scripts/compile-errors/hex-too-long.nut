// Too many hexadecimal digits.
local a = 0x123456789
