// The closing bracket of an array is missing.
local a = [1, 2
