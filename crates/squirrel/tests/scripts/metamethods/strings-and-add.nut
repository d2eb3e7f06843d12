// A string operand beats _add.
class A { function _add(o) { return "added" } function _tostring() { return "<A>" } }
local a = A()
print((a + 1) + "\n")
try { print((a + "s") + "\n") } catch (e) { print(e + "\n") }
try { print(("s" + a) + "\n") } catch (e) { print(e + "\n") }
