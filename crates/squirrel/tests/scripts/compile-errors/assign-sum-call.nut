// A sum that ends in a call cannot be assigned to.
local b; f() + b() = 3
