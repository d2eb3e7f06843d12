// The closing brace of a class is missing.
class A {
  function f() { }
