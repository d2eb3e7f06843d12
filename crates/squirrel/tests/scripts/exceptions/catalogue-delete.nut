// The texts of errors of delete.
function e(f) { try { f(); print("no error\n") } catch (x) { print(x + "\n") } }
class C { m = 1 }
local gen = (function() { yield 1 })()
foreach (v in [null, 5, 1.5, true, "s", [], {}, print, C, C(), newthread(@() 1), gen, blob(1)]) {
  print(typeof v + ": ")
  e(@() delete v.x)
  e(@() delete v[0])
}
