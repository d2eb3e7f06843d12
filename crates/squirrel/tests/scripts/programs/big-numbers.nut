// Arithmetic on numbers of any length, in arrays of digits: factorials and powers.
class Big {
  d = null
  constructor(n) { d = []; if (typeof n == "array") d = n; else do { d.append(n % 10000); n /= 10000 } while (n) }
  function _add(o) {
    local r = [], carry = 0
    for (local i = 0; i < d.len() || i < o.d.len() || carry; i++) {
      local s = carry + (i < d.len() ? d[i] : 0) + (i < o.d.len() ? o.d[i] : 0)
      r.append(s % 10000)
      carry = s / 10000
    }
    return Big(r)
  }
  function _mul(n) {
    local r = [], carry = 0
    foreach (x in d) { local s = x * n + carry; r.append(s % 10000); carry = s / 10000 }
    while (carry) { r.append(carry % 10000); carry /= 10000 }
    return Big(r)
  }
  function _tostring() {
    local s = d.top().tostring()
    for (local i = d.len() - 2; i >= 0; i--) s += format("%04d", d[i])
    return s
  }
}
local f = Big(1)
for (local i = 2; i <= 30; i++) f *= i
print(f + "\n")
local a = Big(0), b = Big(1)
for (local i = 0; i < 150; i++) { local t = a + b; a = b; b = t }
print(a + "\n")
local p = Big(1)
for (local i = 0; i < 100; i++) p *= 2
print(p + "\n")
