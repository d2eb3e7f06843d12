// A metamethod that triggers other metamethods.
class Vec {
  d = null
  constructor(...) { d = vargv }
  function _get(i) { if (typeof i == "integer") return d[i]; throw null }
  function _set(i, v) { if (typeof i != "integer") throw null; d[i] = v }
  function _add(o) { local r = Vec(); foreach (i, x in d) r.d.append(x + o[i]); return r }
  function _cmp(o) { return len2() <=> o.len2() }
  function len2() { local s = 0; foreach (x in d) s += x * x; return s }
  function _nexti(p) { local n = p == null ? 0 : p + 1; return n < d.len() ? n : null }
  function _tostring() { local s = "<"; foreach (x in this) s += x + " "; return s + ">" }
}
local a = Vec(1, 2), b = Vec(3, 4)
print(a + b + "\n")
print((a + b + a) + "\n")
a[0] = 100
print(a + " " + (a < b) + " " + (a + b)[0] + "\n")
local m = Vec(Vec(1, 2), Vec(3, 4))
print((m + m) + "\n")
