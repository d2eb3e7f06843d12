// Errors while a class is being made leave no class behind.
try { class A { x = nosuch } } catch (e) { print(e + "\n") }
print(("A" in getroottable()) + "\n")
try { class B extends null { } } catch (e) { print(e + "\n") }
try { local C = class { [null] = 1 } } catch (e) { print(e + "\n") }
try { class nosuch.D { } } catch (e) { print(e + "\n") }
local t = {}
class t.E { v = 1 }
print(t.E().v + "\n")
try { function nosuch::f() { } } catch (e) { print(e + "\n") }
class F { x = 1; x = 2; function m() { return 1 } function m() { return 2 } }
print(F().x + " " + F().m() + "\n")
