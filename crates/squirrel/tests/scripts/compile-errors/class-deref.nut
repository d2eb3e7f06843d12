// A bracketed member after a value without a semicolon.
class A {
  a = 1
  ["b"] = 2
}
