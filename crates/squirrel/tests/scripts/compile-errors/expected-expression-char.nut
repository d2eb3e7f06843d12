// A character that starts no token.
local a = $b
