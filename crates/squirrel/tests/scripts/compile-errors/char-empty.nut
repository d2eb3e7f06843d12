// An empty character.
local a = ''
