// An error inside a thread after it was woken up.
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
local t = newthread(function(a) {
  local got = suspend(a)
  got = got + 1
  got.fail()
})
print(t.call(1) + "\n")
local r = t.wakeup(2)
print("never")
