// A proxy that records every access.
function proxy(target, log) {
  return {}.setdelegate({
    function _get(k) { log.append("get " + k); return target[k] }
    function _set(k, v) { log.append("set " + k); target[k] = v }
    function _newslot(k, v) { log.append("new " + k); target[k] <- v }
    function _delslot(k) { log.append("del " + k); return delete target[k] }
    function _call(self, ...) { log.append("call " + vargv.len()); return vargv.len() }
    function _typeof() { return "proxy" }
  })
}
local log = [], t = { a = 1 }
local p = proxy(t, log)
print(p.a + "\n")
p.a = 5
p.b <- 6
p.a += 10
p.b++
print(delete p.b + " " + p(1, 2) + " " + typeof p + " " + t.a + "\n")
try { p.zz } catch (e) { print(e + "\n") }
foreach (l in log) print(l + ", ")
print("\n")
