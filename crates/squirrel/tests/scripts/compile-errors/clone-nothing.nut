// clone without a value.
local a = clone
