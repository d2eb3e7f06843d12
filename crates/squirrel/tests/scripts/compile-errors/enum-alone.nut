// An enum alone is no value.
enum E { A }
local x = E
