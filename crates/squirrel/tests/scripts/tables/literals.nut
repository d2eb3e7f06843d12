// Every form of slot in a table literal.
local k = "dyn"
local t = {
  a = 1
  b = 2,
  "json": 3,
  "two words": 4,
  [k] = 5,
  [1 + 1] = 6,
  [1.5] = 7,
  [true] = 8,
  function f() { return a + b }
  nested = { x = { y = 9 } }
  arr = [1, 2]
  "last": 10,
}
print(t.a + " " + t.b + " " + t.json + " " + t["two words"] + " " + t.dyn + "\n")
print(t[2] + " " + t[1.5] + " " + t[true] + " " + t.f() + " " + t.nested.x.y + " " + t.arr[1] + " " + t.last + "\n")
print(t.len() + " " + {}.len() + "\n")
local dup = { a = 1, a = 2, "a": 3 }
print(dup.a + " " + dup.len() + "\n")
