// The closing brace of a table is missing.
local t = {
  a = 1
