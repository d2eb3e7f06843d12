// What the grammar happens to accept.
function f(a, b,) { return a + b }
print(f(1, 2) + "\n")
local constructor = 5
print(constructor + "\n")
print([1 2 3].len() + " " + f(1 2) + "\n")
local t = { a = 1 b = 2 "c": 3 function g() { return 4 } d = 5 }
print(t.a + t.b + t.c + t.g() + t.d + "\n")
enum E { A B = 5 C }
print(E.A + E.B + E.C + "\n")
local x = 0x, y = 08
print(x + y + "\n")
;;;
{}
{ { } }
if (true) {} else {}
switch (1) {}
local g = function() return 7
print(g() + "\n")
class K { constructor() { } function constructor() { print("second\n") } }
K()
class L { static x = 1; static function s() { return x } }
print(L.s.call(L) + "\n")
local u = t.
  a
print(u + "\n")
return
print("never\n")
