// suspend from deep inside recursion, loops and try blocks.
function walk(t) { if (t == null) return; walk(t.l); suspend(t.v); walk(t.r) }
function node(v, l = null, r = null) { return { v = v, l = l, r = r } }
local tree = node(4, node(2, node(1), node(3)), node(6, node(5)))
local t = newthread(walk)
local v = t.call(tree), s = ""
while (t.getstatus() == "suspended") { s += v + " "; v = t.wakeup() }
print(s + "\n")
local u = newthread(function() {
  foreach (i, x in ["a", "b"]) {
    try { local got = suspend(x + i); if (got) throw got }
    catch (e) { suspend("caught " + e) }
  }
  return "end"
})
print(u.call() + " " + u.wakeup("err") + " " + u.wakeup() + " " + u.wakeup() + " " + u.getstatus() + "\n")
