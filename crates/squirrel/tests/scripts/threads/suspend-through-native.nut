// suspend through a native call or a metamethod is refused.
function e(f) { try { print(f() + "\n") } catch (x) { print(x + "\n") } }
local t1 = newthread(function() { try { [1].map(@(x) suspend(x)) } catch (e) { return "map: " + e } return "no error" })
e(@() t1.call())
local t2 = newthread(function() { local o = {}.setdelegate({ function _add(x) { suspend(1); return 5 } }); try { return o + 1 } catch (e) { return "_add: " + e } })
e(@() t2.call())
local t3 = newthread(function() { local f = function() { suspend(1) }; try { f.call(null) } catch (e) { return "call: " + e } return "no error" })
e(@() t3.call())
local t4 = newthread(function() { class A { constructor() { suspend("from ctor") } }; try { A() } catch (e) { return "ctor: " + e } return "no error" })
e(@() t4.call())
print(t4.getstatus() + "\n")
