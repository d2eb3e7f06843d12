// An error after a verbatim string of three lines.
local a = @"one
two
three" b
