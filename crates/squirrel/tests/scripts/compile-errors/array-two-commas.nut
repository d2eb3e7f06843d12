// Two commas in an array.
local a = [1,, 2]
