// The closing parenthesis of a call is missing, a statement follows.
print("a"
local b = 1
