// A verbatim string that is not closed.
local a = @"abc
def
