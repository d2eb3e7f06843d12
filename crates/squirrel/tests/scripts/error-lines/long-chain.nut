// An error in a chain of calls over several lines.
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
class B {
  function add(x) {
    if (x > 2) throw "too big"
    return this
  }
}
local b = B()
b
  .add(1)
  .add(2)
  .add(3)
  .add(4)
print("never")
