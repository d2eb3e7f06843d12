// Rows of arrays need commas between them.
local m = [
  [1, 2]
  [3, 4]
]
