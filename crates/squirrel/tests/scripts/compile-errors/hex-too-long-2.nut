// Too many hexadecimal digits, in the middle of a line.
local a = 1
local b = 0xFFFFFFFFF + 1
