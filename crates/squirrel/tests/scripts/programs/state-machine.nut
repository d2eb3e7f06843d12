// A table-driven state machine.
local machine = {
  state = "idle"
  log = []
  states = {
    idle = { start = "running", quit = "done" }
    running = { pause = "paused", stop = "idle" }
    paused = { resume_ = "running", stop = "idle" }
    done = {}
  }
  function fire(ev) {
    local t = states[state]
    if (!(ev in t)) throw format("no event %s in state %s", ev, state)
    log.append(state + ">" + t[ev])
    state = t[ev]
    return this
  }
}
machine.fire("start").fire("pause").fire("resume_").fire("stop")
try { machine.fire("pause") } catch (e) { print(e + "\n") }
machine.fire("quit")
foreach (l in machine.log) print(l + " ")
print(machine.state + "\n")
