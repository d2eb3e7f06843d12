// An error in the body of a foreach without a key variable, over a local and over a temporary.
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
local list = [1, null]
function f() { return [2, null] }
try { foreach (v in f()) v.x } catch (e) { print(e + "\n") }
foreach (v in list) {
  local w = v
  print(w + 1 + "\n")
}
