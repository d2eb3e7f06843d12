// _get and _set on a class.
class A {
  own = "field"
  store = null
  constructor() { store = {} }
  function _get(k) {
    if (k in store) return store[k]
    if (k == "bad") throw "bad key"
    throw null
  }
  function _set(k, v) {
    if (k == "readonly") throw "cannot set"
    if (k == "refuse") throw null
    store[k] <- v
    return "ignored"
  }
}
local a = A()
a.dyn = 5
a[3] = "three"
print(a.dyn + " " + a[3] + " " + a.own + " " + a.store.len() + "\n")
function e(f) { try { print(f() + "\n") } catch (x) { print(x + "\n") } }
e(@() a.nosuch)
e(@() a.bad)
e(@() a[99])
e(function() { a.readonly = 1 })
e(function() { a.refuse = 1 })
e(@() a.dyn = 9)
e(@() a.dyn += 1)
e(@() a.dyn++)
e(@() a.dyn)
e(@() "dyn" in a)
e(@() a.getclass() == A)
