// The last part of a conditional is missing.
local a = b ? 1 :
