// A closing brace is missing in the middle.
function f() {
  if (a) {
    while (b) {
      c()
    }
}
print(1)
