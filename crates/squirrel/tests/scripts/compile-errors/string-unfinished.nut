// A string that is not closed at the end of the text.
local a = "abc