// A call in a return statement replaces the frame of its caller.
seterrorhandler(function(error) {
  print("error: " + error + "\n")
  for (local level = 2; ; level++) {
    local s = getstackinfos(level), names = []
    if (!s) break
    foreach (k, v in s.locals) names.append(k)
    names.sort()
    print("  " + s.func + " " + s.src + ":" + s.line)
    foreach (n in names) { local v = s.locals[n]; print(" " + n + "=" + (typeof v == "integer" || typeof v == "string" ? v : typeof v)) }
    print("\n")
  }
})
function f(x) { local in_f = 1; return g(x) }
function g(x) {
  local in_g = 2
  return h(x)
}
function h(x) {
  local in_h = 3
  return x.nothing
}
local r = f("s")
