// The body of a lambda takes the assignment.
local f = @() 1 = 3
