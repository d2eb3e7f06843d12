// A sign that is not followed by parentheses.
local a = @ b
