// Odd things done to the root table and the table of constants: no crash.
local r = getroottable()
r.self <- r
r.setdelegate({})
local c = getconsttable()
c.self <- c
c.me <- {}
c.fn <- print
function try_it(name, f) { try { f() } catch (e) { } ::print(name + "\n") }
try_it("constant table", @() compilestring("return self"))
try_it("constant function", @() compilestring("return fn"))
try_it("constant member", @() compilestring("return me.x"))
setconsttable({})
try_it("new constants", @() compilestring("const A = 1; return A")())
try_it("null constants", @() setconsttable(null))
local keep = print, setroot = setroottable
local old = setroot({})
keep("empty root\n")
try { nosuch } catch (e) { keep(e + "\n") }
setroot(old)
old.clear()
keep("cleared root\n")
