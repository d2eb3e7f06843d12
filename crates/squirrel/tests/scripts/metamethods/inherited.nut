// _inherited is called on the base class when a class extends it.
class A {
  static subs = []
  function _inherited(attrs) { A.subs.append(this); print("inherited " + typeof this + " " + (attrs == null ? "none" : attrs.k) + "\n") }
}
class B extends A {}
class C extends A </ k = "attr" /> {}
class D extends B {}
print(A.subs.len() + " " + (A.subs[0] == B) + " " + (A.subs[1] == C) + " " + (A.subs[2] == D) + "\n")
