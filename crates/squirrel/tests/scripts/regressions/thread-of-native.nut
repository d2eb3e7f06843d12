// A thread whose function is native: no crash. The reference crashes.
try {
  local t = newthread(type)
  print(typeof t + "\n")
  try { t.call(5) } catch (e) { }
} catch (e) { print("thread\n") }
print("alive\n")
