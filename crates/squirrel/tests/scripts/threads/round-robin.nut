// Several threads in turn, sharing data.
local log = []
local function task(name, n) {
  for (local i = 0; i < n; i++) { log.append(name + i); suspend(i) }
  return name + " done"
}
local ts = []
foreach (i, n in ["a", "b", "c"]) { local t = newthread(task); t.call(n, i + 1); ts.append(t) }
local alive = true
while (alive) {
  alive = false
  foreach (t in ts) if (t.getstatus() == "suspended") { local r = t.wakeup(); if (t.getstatus() == "idle") print(r + "\n"); alive = true }
}
print(log.reduce(@(a, b) a + " " + b) + "\n")
