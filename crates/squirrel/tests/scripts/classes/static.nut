// Static members belong to the class.
class A {
  static LIMIT = 10
  static list = []
  static function make(n) { local a = A(); a.n = n; return a }
  n = 0
  function limit() { return LIMIT }
}
print(A.LIMIT + " " + A().LIMIT + " " + A().limit() + " " + A.make(5).n + "\n")
A.list.append(1)
A().list.append(2)
print(A.list.len() + "\n")
function e(f) { try { print(f() + "\n") } catch (x) { print(x + "\n") } }
e(function() { A().LIMIT = 5 })
e(function() { A.LIMIT = 5 })
e(function() { A().limit = 5 })
e(function() { A.nosuch })
e(function() { A().nosuch })
e(function() { A().nosuch = 1 })
class B extends A { static LIMIT = 20 }
print(B.LIMIT + " " + B().limit() + " " + A().limit() + " " + (B.list == A.list) + "\n")
