// Where statements may end: semicolon, line end, closing brace, end of the text.
local a = 1; local b = 2
local c = 3
{ a = 5 }
{ a = 6; }
print(a + b + c + "\n")
local f = function() { return 7 }
print(f() + "\n")
if (a) { b = 9 }
print(b + "\n")
function g() { return
  5 }
print((g() == null) + "\n")
function h() { return (
  5) }
print(h() + "\n")
local s = "x"
  + "y"
  + "z"
print(s + "\n")
local v = a
  .tostring()
print(v + "\n")
local w = f
()
print(w + "\n")
if (a) print("one\n") else print("two\n")
if (!a) print("one\n"); else print("two\n")
