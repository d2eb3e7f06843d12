// Comment lines count.
# one
# two
local a = ] # three
