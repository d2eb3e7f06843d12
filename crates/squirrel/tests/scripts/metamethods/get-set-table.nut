// _get and _set in a delegate.
local log = ""
local mt = {
  inherited = "from delegate"
  function _get(k) { log += "get(" + k + ") "; if (k == "magic") return 42; throw null }
  function _set(k, v) { log += "set(" + k + ") "; if (k == "no") throw null; this.rawset(k, v) }
}
local t = { own = 1 }.setdelegate(mt)
print(t.own + " " + t.inherited + " " + t.magic + "\n")
t.fresh = 7
print(t.fresh + " " + t.len() + "\n")
t.fresh = 8
print(log + "\n")
log = ""
try { t.nosuch } catch (e) { print(e + "\n") }
try { t.no = 1 } catch (e) { print(e + "\n") }
t.created <- 1
print(t.len() + " " + log + "\n")
log = ""
t.inherited = "set own"
print(t.rawin("inherited") + " " + mt.inherited + " " + log + "\n")
print(("magic" in t) + " " + ("inherited" in t) + "\n")
