// The texts of errors of assignment and slot creation.
function e(f) { try { f(); print("no error\n") } catch (x) { print(x + "\n") } }
class C { m = 1 }
local vals = { n = null, i = 5, f = 1.5, b = true, s = "s", a = [], t = {}, fn = print, cl = C, ins = C(), th = newthread(print.bindenv({}) && @() 1) }
foreach (k in ["n", "i", "f", "b", "s", "a", "t", "fn", "cl", "ins", "th"]) {
  local v = vals[k]
  print(k + ": ")
  e(function() { v.x = 1 })
  e(function() { v.x <- 1 })
  e(function() { v[0] = 1 })
  e(function() { v[0] <- 1 })
  e(function() { v[null] = 1 })
  e(function() { v[null] <- 1 })
}
