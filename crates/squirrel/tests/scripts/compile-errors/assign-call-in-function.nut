// A call cannot be assigned to, inside a function.
function g(x) {
  local y = x
  y() = 3
}
