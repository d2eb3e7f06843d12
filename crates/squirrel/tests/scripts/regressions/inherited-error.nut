// An error in _inherited reaches the program. The reference loses it.
class A { function _inherited(attributes) { throw "from _inherited" } }
try { class B extends A { } print("no error\n") } catch (e) { print(e + "\n") }
try { local C = class extends A { x = 1 }; print("no error\n") } catch (e) { print(e + "\n") }
class D { function _inherited(attributes) { nosuch() } }
try { class E extends D { } } catch (e) { print(e + "\n") }
print("end\n")
