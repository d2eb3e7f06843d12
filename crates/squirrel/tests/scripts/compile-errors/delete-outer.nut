// A captured local cannot be deleted.
local a = {}
function f() { delete a; }
