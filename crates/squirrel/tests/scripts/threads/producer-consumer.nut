// Threads that pass values to each other.
local producer = newthread(function(n) { for (local i = 0; i < n; i++) suspend("item " + i); return null })
local consumer = newthread(function() { local got = [], v; while ((v = suspend(got.len())) != null) got.append(v); return got })
consumer.call()
local v = producer.call(3)
while (v != null) { consumer.wakeup(v); v = producer.wakeup() }
local r = consumer.wakeup(null)
print(r.len() + " " + r[0] + " " + r[2] + "\n")
print(producer.getstatus() + " " + consumer.getstatus() + "\n")
