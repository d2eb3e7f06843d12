// A number as the name of an attribute.
class A {
  </ 5 = 1 /> x = 1
}
