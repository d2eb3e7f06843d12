// An event emitter with bound handlers.
class Emitter {
  handlers = null
  constructor() { handlers = {} }
  function on(name, fn) { if (!(name in handlers)) handlers[name] <- []; handlers[name].append(fn); return this }
  function off(name, fn) { local i = handlers[name].find(fn); if (i != null) handlers[name].remove(i) }
  function emit(name, ...) {
    if (!(name in handlers)) return 0
    local args = [this]
    args.extend(vargv)
    foreach (h in clone handlers[name]) h.acall(args)
    return handlers[name].len()
  }
}
class Counter { n = 0; function add(x) { n += x } }
local e = Emitter(), c = Counter()
local bound = c.add.bindenv(c)
e.on("tick", bound).on("tick", @(x) print("tick " + x + "\n")).on("done", function() { print("done " + (this == e) + "\n") })
print(e.emit("tick", 5) + " " + e.emit("tick", 7) + " " + c.n + "\n")
e.off("tick", bound)
e.emit("tick", 1)
e.emit("done")
print(c.n + " " + e.emit("nothing") + "\n")
try { e.emit("tick", 1, 2) } catch (x) { print(x + "\n") }
