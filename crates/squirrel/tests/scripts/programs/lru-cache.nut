// A cache that throws out what was used longest ago.
class Cache {
  max = 0; map = null; order = null
  constructor(n) { max = n; map = {}; order = [] }
  function _get(k) { if (typeof k != "string" || k.slice(0, 1) != "$") throw null; return fetch(k.slice(1)) }
  function fetch(k) {
    if (!(k in map)) return null
    order.remove(order.find(k))
    order.append(k)
    return map[k]
  }
  function put(k, v) {
    if (k in map) order.remove(order.find(k))
    else if (order.len() == max) delete map[order.remove(0)]
    map[k] <- v
    order.append(k)
  }
}
local c = Cache(3)
foreach (i, k in ["a", "b", "c"]) c.put(k, i)
print(c.fetch("a") + " " + c["$b"] + "\n")
c.put("d", 3)
print((c.fetch("c") == null) + " " + c.fetch("d") + " " + c.map.len() + "\n")
foreach (k in c.order) print(k + " ")
print("\n")
try { c.nosuch } catch (e) { print(e + "\n") }
