// The closing brace is missing.
function f() {
  local a = 1
  print(a)
