// A control character.
local a =  1
