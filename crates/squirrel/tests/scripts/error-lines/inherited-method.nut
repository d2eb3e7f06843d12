// An error in a method of the base class.
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
class A {
  function run(x) {
    local y = x
    return y / 0
  }
}
class B extends A {
  function run(x) {
    local r = base.run(x + 1)
    return r
  }
}
local b = B()
local r = b.run(5)
