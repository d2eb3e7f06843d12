// The texts of errors of foreach.
function e(v) { try { foreach (x in v) print(x); print("no error\n") } catch (x) { print(x + "\n") } }
class C { }
foreach (v in [null, 5, 1.5, true, print, @() 1, C(), newthread(@() 1), regexp("a")]) { print(typeof v + ": "); e(v) }
e([].weakref())
