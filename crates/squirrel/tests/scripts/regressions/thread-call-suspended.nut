// Calling a thread that is suspended or running: no crash, and the thread stays usable or ends in an error. The reference mixes up its frames.
local t = newthread(function(x) { local got = suspend(x); return got })
t.call(1)
try { t.call(2) } catch (e) { }
print((["idle", "suspended"].find(t.getstatus()) != null) + "\n")
local self
self = newthread(function() { try { self.call() } catch (e) { return "error" } return "error" })
print(self.call() + "\n")
local w
w = newthread(function() { try { w.wakeup() } catch (e) { return "error" } return "none" })
print(w.call() + "\n")
print("alive\n")
