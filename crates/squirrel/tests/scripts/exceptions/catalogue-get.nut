// The texts of errors of reading members of every type.
function e(f) { try { f(); print("no error\n") } catch (x) { print(x + "\n") } }
class C { m = 1 }
local gen = (function() { yield 1 })()
local vals = { n = null, i = 5, f = 1.5, b = true, s = "s", a = [], t = {}, fn = print, sf = @() 1, cl = C, ins = C(), th = newthread(@() 1), g = gen, wr = [].weakref() }
foreach (k in ["n", "i", "f", "b", "s", "a", "t", "fn", "sf", "cl", "ins", "th", "g"]) {
  local v = vals[k]
  print(k + ": ")
  e(@() v.nosuch)
  e(@() v[0])
  e(@() v[null])
  e(@() v[1.5])
  e(@() v[true])
  e(@() v[[]])
}
