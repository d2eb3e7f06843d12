// An error inside a thread: the handler sees the frames of the thread only.
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
function body(a) {
  local b = a
  helper(b)
  return b
}
function helper(c) {
  local d = c
  d.fail()
}
local t = newthread(body)
local r = t.call(7)
print("never")
