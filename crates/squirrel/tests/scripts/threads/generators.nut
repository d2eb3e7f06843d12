// Generators resumed in threads.
function g() { for (local i = 0; i < 5; i++) yield i }
local gen = g()
local t = newthread(function() { while (gen.getstatus() != "dead") suspend(resume gen) })
print(t.call() + " " + t.wakeup() + " " + resume gen + " " + t.wakeup() + "\n")
