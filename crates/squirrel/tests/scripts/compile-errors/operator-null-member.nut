// There is no null member operator.
local a = b?.c
