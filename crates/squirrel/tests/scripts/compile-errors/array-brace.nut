// A brace in place of a bracket.
local a = [1, 2}
