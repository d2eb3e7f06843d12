// Variable arguments.
function f(...) { return vargv.len() }
print(f() + " " + f(1) + " " + f(1, null, 3) + "\n")
function g(a, b, ...) {
  local s = a + b
  foreach (v in vargv) s += v
  return s
}
print(g(1, 2) + " " + g(1, 2, 3, 4) + "\n")
print(typeof (@(...) vargv)() + " " + (@(...) vargv)(1, 2)[1] + "\n")
function h(...) { vargv.append(9); return vargv }
print(h(1).len() + " " + h(1).len() + "\n")
function inner(...) { return function() { return vargv } }
print(inner(7, 8)()[1] + "\n")
print(vargv.len() + " " + typeof vargv + "\n")
function nested(...) { return (function(...) { return vargv.len() })() + vargv.len() * 10 }
print(nested(1, 2) + "\n")
