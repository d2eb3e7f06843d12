// The call in a lambda replaces its frame.
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
function fail(x) { throw "fail " + x }
local l = @(a) fail(a)
local m = @(a) fail(a) + 1
try { l(1) } catch (e) { print("caught\n") }
m(2)
