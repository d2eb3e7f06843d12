// _get and _set while an object is being made.
class P {
  data = null
  constructor(n) { data = {}; data.init <- n; later = n * 2 }
  function _set(k, v) { data[k] <- v }
  function _get(k) { if (data != null && k in data) return data[k]; throw null }
}
local p = P(5)
print(p.init + " " + p.later + " " + p.data.len() + "\n")
p.data = { only = 1 }
print(p.only + "\n")
try { p.init } catch (e) { print(e + "\n") }
