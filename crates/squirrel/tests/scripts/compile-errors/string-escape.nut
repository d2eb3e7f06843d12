// An unknown escape.
local a = "a\qb"
