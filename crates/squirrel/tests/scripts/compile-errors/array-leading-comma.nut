// A comma before the first element.
local a = [, 1]
