// A scheduler of generators that sleep.
class Scheduler {
  now = 0; jobs = null
  constructor() { jobs = [] }
  function spawn(name, gen) { jobs.append({ at = now, name = name, gen = gen }) }
  function run() {
    while (jobs.len()) {
      local best = 0
      foreach (i, j in jobs) if (j.at < jobs[best].at) best = i
      local j = jobs.remove(best)
      now = j.at
      local delay
      try { delay = resume j.gen } catch (e) { print(now + " " + j.name + " failed: " + e + "\n"); continue }
      if (j.gen.getstatus() == "dead") print(now + " " + j.name + " ended\n")
      else { j.at = now + delay; jobs.append(j) }
    }
  }
}
local s = Scheduler()
function ticker(name, n, every) { for (local i = 0; i < n; i++) { print(s.now + " " + name + i + "\n"); yield every } }
function bad() { yield 4; throw "broken" }
s.spawn("A", ticker("a", 3, 5))
s.spawn("B", ticker("b", 2, 3))
s.spawn("C", bad())
s.run()
