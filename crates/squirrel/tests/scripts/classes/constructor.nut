// Constructors: arguments, return values, classes without one.
class A { v = null; constructor(a) { v = a; return "ignored" } }
print(A(5).v + " " + typeof A(1) + "\n")
class N { v = 7 }
print(N().v + "\n")
function e(f) { try { print(f() + "\n") } catch (x) { print(x + "\n") } }
e(@() N(1, 2, 3).v)
e(@() A())
e(@() A(1, 2))
class V { n = 0; constructor(...) { n = vargv.len() } }
print(V().n + " " + V(1, 2, 3).n + "\n")
class T { constructor() { throw "in constructor" } }
e(@() T())
print(typeof T.instance() + "\n")
class W { x = 1; constructor() { x = 2 } }
print(W.instance().x + " " + W().x + "\n")
class S { self = null; constructor() { self = this } }
local s = S()
print((s.self == s) + "\n")
s.self = null
local w = W()
w.constructor()
print(w.x + "\n")
