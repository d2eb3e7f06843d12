// newthread, call, suspend, wakeup, getstatus.
function co(a, b) {
  print("start " + a + " " + b + "\n")
  local x = suspend("first")
  print("got " + x + "\n")
  local y = suspend("second")
  print("got " + y + "\n")
  return "result"
}
local t = newthread(co)
print(typeof t + " " + t.getstatus() + "\n")
print(t.call(1, 2) + " " + t.getstatus() + "\n")
print(t.wakeup("w1") + " " + t.getstatus() + "\n")
print(t.wakeup("w2") + " " + t.getstatus() + "\n")
print(t.call(3, 4) + " " + t.getstatus() + "\n")
t.wakeup(null)
print(t.wakeup() + "\n")
