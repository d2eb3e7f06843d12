// foreach over a class gives default values, methods and statics; instances do not change them.
class A { x = 1; y = "s"; static z = 2.5; function m() { return "m" } l = [1, 2] }
local a = A()
a.x = 100
foreach (k, v in A) print(k + ":" + typeof v + ":" + (typeof v == "function" ? v() : typeof v == "array" ? v.len() : v) + " ")
print("\n")
class B extends A { y = "t"; n = null }
foreach (k, v in B) print(k + ":" + typeof v + " ")
print("\n")
