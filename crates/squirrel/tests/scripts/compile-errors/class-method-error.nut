// An error in a method, reported at the closing brace.
class A {
  x = 1
  function m() {
    return x +
  }
}
