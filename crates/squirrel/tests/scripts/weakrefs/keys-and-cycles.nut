// Weak references as values in caches, and cycles broken by hand.
cache <- {}
function flush() { local a = [{ x = "s" }]; return a[0].x + a.len() }
function make(n) { local o = { n = n }; cache["k" + n] <- o.weakref(); return o }
function look() { local s = ""; foreach (k in ["k1", "k2", "k3"]) s += (cache[k] == null ? "gone" : cache[k].n) + " "; return s }
held <- {}
function fill() { held.a <- make(1); make(2); held.b <- make(3) }
fill()
flush()
print(look() + "\n")
delete held.a
flush()
print(look() + "\n")
class Node { parent = null; kids = null; constructor() { kids = [] } function add(k) { kids.append(k); k.parent = this.weakref(); return k } }
function build() { held.root <- Node(); held.leaf <- held.root.add(Node()).add(Node()) }
build()
flush()
print(typeof held.leaf.parent + " " + typeof held.root.kids[0].kids[0] + "\n")
function cut() { held.root = null }
cut()
flush()
print(typeof held.leaf.parent + "\n")
