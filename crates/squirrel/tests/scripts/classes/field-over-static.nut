// A field of a class takes the place of a static member of the same name, in the order of members too.
class A { static fc = 10; fd = 33; function mb() {} function mc() {} }
class B extends A { static fa = 1; fc = 2; constructor() {} function md() {} }
foreach (k, v in B) print(k + " " + type(v) + "\n")
local b = B()
print(b.fc + " " + A.fc + " " + B.fc + " " + A().fc + "\n")
b.fc = 3
print(b.fc + " " + B.fc + " " + B().fc + "\n")
class C extends B { static fc = 4; static fd = 5; mb = 6 }
foreach (k, v in C) print(k + " " + type(v) + "\n")
print(C().fc + " " + C().fd + " " + C().mb + "\n")
try { C().fc = 7; print("set\n") } catch (e) print(e + "\n")
class D { static x = 1; x = 2; static x = 3; function x() { return 4 } }
print(D.x() + " " + D().x() + "\n")
foreach (k, v in D) print(k + " " + type(v) + "\n")
