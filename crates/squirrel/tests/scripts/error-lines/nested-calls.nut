// An error three calls deep.
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
function outer(x) {
  local o = x + 1
  middle(o)
  return o
}
function middle(y) {
  local m = "m"
  inner(y, m)
  return m
}
function inner(p, q) {
  local i = p
  i.nothing = q
  return i
}
local top = 10
outer(top)
print("never")
