// _nexti drives foreach over instances and tables with a delegate.
class Range {
  from = 0; to = 0
  constructor(a, b) { from = a; to = b }
  function _nexti(prev) {
    if (prev == null) return from <= to ? from : null
    return prev < to ? prev + 1 : null
  }
  function _get(i) { return "v" + i }
}
foreach (i, v in Range(3, 6)) print(i + "=" + v + " ")
print("\n")
foreach (v in Range(5, 4)) print("never")
foreach (v in Range(1, 1)) print(v + "\n")
local keys = ["x", "y"]
class Two {
  x = "X"; y = "Y"
  function _nexti(p) { if (p == null) return "x"; if (p == "x") return "y"; return null }
}
foreach (k, v in Two()) print(k + v + " ")
print("\n")
local t = { a = 1, b = 2 }.setdelegate({ function _nexti(p) { return p == null ? "b" : null } })
foreach (k, v in t) print(k + v + " ")
print("\n")
class Bad { function _nexti(p) { return "nosuch" } }
try { foreach (v in Bad()) {} } catch (e) { print(e + "\n") }
class Thr { function _nexti(p) { throw "in nexti" } }
try { foreach (v in Thr()) {} } catch (e) { print(e + "\n") }
class None {}
try { foreach (v in None()) {} } catch (e) { print(e + "\n") }
