// An error through pcall: the handler is called outside only.
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
function fail(x) {
  local f = x
  throw "failed " + f
}
function go() {
  local g = 1
  fail.pcall(this, g)
  print("never")
}
go()
print("never")
