// Threads that call threads; exceptions across them.
local inner = newthread(function(x) { local y = suspend("inner " + x); throw "inner error " + y })
local outer = newthread(function() {
  local r = inner.call(1)
  local s = suspend("outer saw " + r)
  try { inner.wakeup(s) } catch (e) { suspend("outer caught " + e) }
  return "outer end"
})
print(outer.call() + "\n")
print(outer.wakeup("W") + "\n")
print(outer.wakeup() + "\n")
print(inner.getstatus() + " " + outer.getstatus() + "\n")
