// break in a function inside a loop.
while (true) {
  local f = function() {
    break
  }
}
