// Rational numbers with every arithmetic metamethod.
function gcd(a, b) { return b == 0 ? abs(a) : gcd(b, a % b) }
class Q {
  n = 0; d = 1
  constructor(a, b = 1) {
    if (b == 0) throw "zero denominator"
    local g = gcd(a, b)
    if (b < 0) g = -g
    n = a / g
    d = b / g
  }
  static function of(x) { return typeof x == "integer" ? Q(x) : x }
  function _add(o) { o = of(o); return Q(n * o.d + o.n * d, d * o.d) }
  function _sub(o) { o = of(o); return Q(n * o.d - o.n * d, d * o.d) }
  function _mul(o) { o = of(o); return Q(n * o.n, d * o.d) }
  function _div(o) { o = of(o); return Q(n * o.d, d * o.n) }
  function _unm() { return Q(-n, d) }
  function _cmp(o) { return n * o.d <=> o.n * d }
  function _tostring() { return d == 1 ? "" + n : n + "/" + d }
}
local a = Q(1, 2), b = Q(1, 3)
print((a + b) + " " + (a - b) + " " + (a * b) + " " + (a / b) + " " + (-a) + " " + (a + 1) + "\n")
print((a < b) + " " + (a > b) + " " + (Q(2, 4) <=> a) + " " + Q(3, -6) + "\n")
local h = Q(0)
for (local i = 1; i <= 10; i++) h += Q(1, i)
print(h + "\n")
local l = [Q(3, 4), Q(1, 8), Q(2, 3), Q(-1, 2)]
l.sort()
foreach (q in l) print(q + " ")
print("\n")
try { a / Q(0) } catch (e) { print(e + "\n") }
