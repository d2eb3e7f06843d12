// A local function needs a name.
local function (a) {}
