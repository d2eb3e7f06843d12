// Threads share the root table; `this` of the thread's function.
shared <- 1
local t = newthread(function() { shared++; made <- 5; suspend(this == getroottable()); shared++; return shared })
print(t.call() + " " + shared + " " + made + "\n")
print(t.wakeup() + " " + shared + "\n")
local env = { v = 9 }
local b = newthread((function() { return this.v }).bindenv(env))
print(b.call() + "\n")
local v = newthread(function(...) { return vargv.len() })
print(v.call(1, 2, 3) + "\n")
local d = newthread(function(a, b = 7) { return a + b })
print(d.call(1) + "\n")
