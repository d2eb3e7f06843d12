// Threads that call new threads without end: an error that can be caught. The reference crashes.
function body() { return newthread(body).call() }
try { body(); print("no error\n") } catch (e) { print((e.find("stack overflow") != null) + "\n") }
print("alive\n")
