// An octal number with a fraction.
local a = 00.5
