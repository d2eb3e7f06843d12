// There is no power operator.
local a = 2 ** 3
