// A comment that is not closed at the end of the text.
local a = 1 /* x