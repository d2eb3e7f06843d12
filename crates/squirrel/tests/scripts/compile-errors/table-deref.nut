// Computed keys need commas between them.
local t = {
  ["a"] = 1
  ["b"] = 2
}
