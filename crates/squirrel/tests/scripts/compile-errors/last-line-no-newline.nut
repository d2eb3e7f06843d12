// The error is at the end of the last line, without a newline.
local a = 1
local b = (2