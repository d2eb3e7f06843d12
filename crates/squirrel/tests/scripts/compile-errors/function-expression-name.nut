// A function expression has no name.
local f = function g() {}
