// A comment that is not closed.
local a = 1
/* comment
more
