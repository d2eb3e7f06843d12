// The line of a statement whose last instruction fails is at times that of the next statement.
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
function f() {
  g()
  local x = 1
}
function g() {
  local s = getstackinfos(2)
  print(s.line + "\n")
}
f()
function f2() {
  g()
  g()
  g()
  g()
  g()
  g()
  g()
  local x = 1
}
f2()
function f3() {
  local a = g()
  a = g()
  if (a == null)
    g()
  else
    g()
  for (local i = 0; i < 1; i++)
    g()
  g()
}
f3()
