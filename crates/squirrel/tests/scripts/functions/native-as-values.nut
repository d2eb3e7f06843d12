// Native functions stored, passed and called in odd ways.
local p = print, t = { show = print, len = "abc".len }
p("p\n")
t.show("t\n")
print([1, -2, 3].map(abs)[1] + "\n")
print(t.len.call("four") + "\n")
local f = format
print(f("%d-%d", 1, 2) + " " + format.call(null, "%s", "x") + "\n")
print(["b", "a"].map("".toupper.call.bindenv({}) ? @(s) s.toupper() : null).reduce(@(a, b) a + b) + "\n")
print([4, 9].map(sqrt).map(@(x) x.tointeger()).reduce(@(a, b) a * b) + "\n")
print((print == p) + " " + (typeof print) + " " + print.getinfos().native + "\n")
try { "abc".len.call([1]) } catch (e) { print(e + "\n") }
try { t.len() } catch (e) { print(e + "\n") }
