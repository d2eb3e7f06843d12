// getstackinfos: levels, functions, lines, locals.
function show(level) {
  local s = getstackinfos(level)
  if (!s) { print("none\n"); return }
  local names = []
  foreach (k, v in s.locals) names.append(k)
  names.sort()
  print(s.func + " " + s.src + " " + s.line + ":")
  foreach (n in names) { local v = s.locals[n]; print(" " + n + "=" + (typeof v == "integer" || typeof v == "string" ? v : typeof v)) }
  print("\n")
}
function f(a, b = 2) {
  local c = "c"
  show(2)
  { local d = 4; show(2) }
  show(3)
  local later = 1
}
f(1)
local top = 5
function vari(...) { show(2) }
vari(1, 2)
class K { function method(x) { show(2) } constructor() { show(2) } }
K().method("arg")
local lam = function(q) { show(2) }
lam(0); (@(z) show(2))(9)
local captured = "cap"
local clo = function() { local mine = captured; show(2) }
clo()
show(99)
show(0)
local t = { m = function(p) { show(2) }, function named(p) { show(2) } }
t.m(1)
t.named(2)
foreach (i, v in ["x"]) show(2)
