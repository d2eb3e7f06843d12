// Methods in tables and `this`.
local acc = {
  total = 0
  function add(n) { total += n; return this }
  function get() { return this.total }
  sub = function(n) { total -= n; return this }
}
print(acc.add(5).add(6).sub(1).get() + "\n")
local f = acc.get
try { print(f()) } catch (e) { print(e + "\n") }
local other = { total = 99, get = acc.get }
print(other.get() + "\n")
print(acc["get"]() + "\n")
function acc_double() { total *= 2 }
acc.twice <- acc_double
acc.twice()
print(acc.total + "\n")
