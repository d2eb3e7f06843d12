// The frames from level 0: the native, the handler, the program.
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
seterrorhandler(function(error) {
  for (local level = 0; level < 4; level++) {
    local s = getstackinfos(level)
    print(level + " " + (s ? s.func + " " + s.src + " " + s.line + " " + s.locals.len() : "none") + "\n")
  }
})
local a = 1
throw "x"
