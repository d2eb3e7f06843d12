// Fields, methods, constructor, instances.
class Point {
  x = 0
  y = 0;
  constructor(px = 1, py = 2) { x = px; y = py }
  function sum() { return x + y }
  function move(dx, dy) { x += dx; y += dy; return this }
}
local p = Point(3, 4), q = Point()
print(p.sum() + " " + q.sum() + "\n")
p.move(1, 1).move(10, 10)
print(p.x + " " + p.y + " " + q.x + "\n")
print(typeof Point + " " + typeof p + " " + (p instanceof Point) + " " + (p.getclass() == Point) + "\n")
class Empty {}
local e = Empty()
print(typeof e + "\n")
class OneLine { a = 1; b = 2; function f() { return a + b } }
print(OneLine().f() + "\n")
class Semicolons { a = 1;  b = 2; function f() { return 3 }; function g() { return 4 } }
print(Semicolons().f() + Semicolons().g() + "\n")
