// Inside a try block a call in a return statement keeps the frame.
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
function fail() { throw "fail" }
function f() {
  local a = 1
  try { return fail() } catch (e) { throw e + " again" }
}
local r = f()
