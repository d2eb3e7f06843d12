// An error in a method called from a constructor.
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
class Thing {
  name = "thing"
  constructor(n) {
    name = n
    setup(1)
  }
  function setup(k) {
    local s = k
    this.missing = s
  }
}
local t = Thing("x")
print(t)
