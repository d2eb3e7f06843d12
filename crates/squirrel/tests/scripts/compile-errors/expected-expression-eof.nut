// The expression is missing at the end of a text without a newline.
local a =