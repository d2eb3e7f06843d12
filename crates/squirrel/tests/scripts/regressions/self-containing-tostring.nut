// _tostring of an object that contains itself: an error that can be caught. The reference crashes.
local t = {}
t.self <- t
t.setdelegate({ function _tostring() { return "<" + this.self + ">" } })
local s = null
try { s = "" + t } catch (e) { print((e.find("stack overflow") != null) + "\n") }
if (s != null) print("true\n")
class A { me = null; constructor() { me = this } function _tostring() { return "[" + me + "]" } }
s = null
try { s = A().tostring() } catch (e) { print((e.find("stack overflow") != null) + "\n") }
if (s != null) print("true\n")
try { print(A()) } catch (e) { }
print("\nalive\n")
