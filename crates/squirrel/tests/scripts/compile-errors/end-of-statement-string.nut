// Adjacent strings are not joined.
local a = "x" "y"
