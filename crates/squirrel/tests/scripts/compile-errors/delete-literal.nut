// A number cannot be deleted.
local x = delete 5;
