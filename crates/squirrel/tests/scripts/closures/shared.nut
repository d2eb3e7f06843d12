// Several closures over one variable; parameters and vargv captured.
function make(p, ...) {
  local v = 1
  return [function() { v *= 2; p += "x"; vargv.append(v); return v }, @() v, @() p, @() vargv.len()]
}
local m = make("p", 1, 2)
m[0]()
m[0]()
print(m[1]() + " " + m[2]() + " " + m[3]() + "\n")
function outer(a) {
  local mid = function(b) {
    return function(c) { a += b; b += c; return a + " " + b + " " + c }
  }
  return mid
}
local o = outer(1)
local i1 = o(10), i2 = o(20)
print(i1(100) + "\n")
print(i2(200) + "\n")
print(i1(100) + "\n")
