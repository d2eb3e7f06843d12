// An empty index.
local a = b[]
