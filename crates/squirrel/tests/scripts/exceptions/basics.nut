// throw and catch of every type.
class E { msg = null; constructor(m) { msg = m } }
foreach (v in [1, 1.5, "s", true, null, [1, 2], { k = 3 }, E("inst"), print, E])
  try { throw v } catch (e) { print(typeof e + " " + (e == v) + "\n") }
try { throw { code = 5, text = "t" } } catch (e) { print(e.code + e.text + "\n") }
try { throw E("boom") } catch (e) { if (e instanceof E) print(e.msg + "\n") }
try { print("no throw\n") } catch (e) { print("never\n") }
try { throw 1 } catch (e) { }
try throw "no braces"
catch (e) print(e + "\n")
local r = "before"
try { r = "in"; throw 0; r = "after" } catch (e) { r += " caught " + e }
print(r + "\n")
