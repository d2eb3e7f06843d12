// Bytes above 127 in comments and strings before the error.
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
// é ü ñ
local s = "日本"
s.fail()
print("never")
