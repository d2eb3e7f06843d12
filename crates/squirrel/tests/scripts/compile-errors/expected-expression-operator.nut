// The right operand is missing, the error is at the end of the text.
local a = 1 +


