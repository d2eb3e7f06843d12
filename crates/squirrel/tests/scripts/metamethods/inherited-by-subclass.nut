// Subclasses inherit metamethods and may replace them.
class A { function _add(o) { return "A+" } function _sub(o) { return "A-" } function _tostring() { return "A" } }
class B extends A { function _sub(o) { return "B-" } }
class C extends B { function _tostring() { return "C" } }
print((B() + 1) + " " + (B() - 1) + " " + B() + "\n")
print((C() + 1) + " " + (C() - 1) + " " + C() + "\n")
A._add <- function(o) { return "new A+" }
print((A() + 1) + " " + (B() + 1) + "\n")
