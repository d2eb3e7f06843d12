// format strings that are long, unfinished or ask for too much: an error or a string, no crash.
function rep(s, n) { local r = ""; for (local i = 0; i < n; i++) r += s; return r }
function try_it(name, f) { try { f() } catch (e) { } print(name + "\n") }
try_it("flags", @() format("%" + rep("-+ #0", 1000) + "d", 1))
try_it("width", @() format("%" + rep("9", 1000) + "d", 1))
try_it("precision", @() format("%." + rep("9", 1000) + "f", 1.0))
try_it("percent", @() format(rep("%", 1001)))
try_it("many", @() format(rep("%s", 5000), "x"))
try_it("long argument", @() format("%s", rep("x", 20000)))
try_it("huge float", @() format("%99.99f", 3.4e38))
try_it("tiny float", @() format("%99.99e", 1e-45))
try_it("n", @() format("%n%n%n%n", 1, 2, 3, 4))
try_it("p", @() format("%p %p", 1, "s"))
try_it("s of a number", @() format("%s", 0x41414141))
try_it("zero byte", @() format("a\0b%dc\0%s", 5, "x\0y"))
print("alive\n")
