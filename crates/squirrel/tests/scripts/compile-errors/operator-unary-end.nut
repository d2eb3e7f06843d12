// The operand of a prefix operator is missing.
local a = !
