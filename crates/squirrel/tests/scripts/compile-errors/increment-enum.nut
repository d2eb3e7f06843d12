// Increment of an enum member.
enum E { A }
local b = E.A++
