// A doubly linked list with iteration and metamethods.
class List {
  head = null; tail = null; size = 0
  constructor(...) { foreach (v in vargv) push(v) }
  function push(v) { local n = { v = v, next = null, prev = tail }; if (tail) tail.next = n; else head = n; tail = n; size++; return this }
  function pop() { local n = tail; tail = n.prev; if (tail) tail.next = null; else head = null; size--; return n.v }
  function shift() { local n = head; head = n.next; if (head) head.prev = null; else tail = null; size--; return n.v }
  function each() { for (local n = head; n; n = n.next) yield n.v }
  function _add(o) { local r = List(); foreach (v in each()) r.push(v); foreach (v in o.each()) r.push(v); return r }
  function _tostring() { local s = ""; foreach (v in each()) s += (s == "" ? "" : " ") + v; return "(" + s + ")" }
  function _get(i) { if (typeof i != "integer") throw null; foreach (k, v in each()) if (k == i) return v; throw null }
  function _cmp(o) { return size <=> o.size }
}
local a = List(1, 2, 3), b = List("x", "y")
print(a + " " + b + "\n")
print((a + b) + "\n")
print(a[0] + " " + a[2] + " " + (a > b) + "\n")
try { a[3] } catch (e) { print(e + "\n") }
print(a.pop() + " " + a.shift() + " " + a + " " + a.size + "\n")
print(a.pop() + " " + a + " " + a.size + "\n")
a.push(9)
print(a + "\n")
