// suspend without a value, in loops, in nested calls.
function worker(n) {
  for (local i = 0; i < n; i++) helper(i)
  return "end"
}
function helper(i) { local got = suspend("step " + i); print("  helper " + i + " got " + got + "\n") }
local t = newthread(worker)
print(t.call(3) + "\n")
while (t.getstatus() == "suspended") print(t.wakeup("x") + "\n")
local u = newthread(function() { local v = suspend(); return v == null ? "null" : v })
print((u.call() == null) + " " + u.wakeup() + "\n")
local w = newthread(function() { local v = suspend(1) + suspend(2); return v })
print(w.call() + " " + w.wakeup(10) + " " + w.wakeup(20) + "\n")
