// thread.getstackinfos of a suspended thread.
function f(a) { local loc = "L"; g() }
function g() {
  local inner = 5
  suspend(1)
}
local t = newthread(f)
t.call("arg")
for (local l = 0; ; l++) {
  local s = t.getstackinfos(l)
  if (!s) break
  local names = []
  foreach (k, v in s.locals) if (k != "this") names.append(k + "=" + v)
  names.sort()
  print(l + " " + s.func + " " + s.src + " " + s.line)
  foreach (n in names) print(" " + n)
  print("\n")
}
print((t.getstackinfos(99) == null) + "\n")
t.wakeup()
print((t.getstackinfos(0) == null) + "\n")
