// _newmember sees the members of the class body that follow it, and later ones.
class A {
  before = 1
  function _newmember(index, value, attrs, isstatic) {
    print(index + " " + typeof value + " " + typeof attrs + " " + isstatic + "\n")
    this.rawnewmember(index, value, attrs, isstatic)
  }
  after = 2
  static st = 3
  function m() {}
}
class B extends A {
  b1 = 1
  static b2 = 2
  </ x = 1 /> b3 = 3
  function bm() {}
}
B.late <- 5
print(B.b1 + B.b2 + B.b3 + B.late + "\n")
