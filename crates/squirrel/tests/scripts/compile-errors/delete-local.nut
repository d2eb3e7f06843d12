// A local cannot be deleted.
local a = {}
delete a
