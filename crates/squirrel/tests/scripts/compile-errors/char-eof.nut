// A quote at the end of the text.
local a = '