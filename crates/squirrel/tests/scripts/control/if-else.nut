// if, else if, dangling else, nested blocks.
function f(n) {
  if (n < 0) return "negative"
  else if (n == 0) return "zero"
  else if (n < 10) { return "small" }
  else return "big"
}
print(f(-5) + " " + f(0) + " " + f(5) + " " + f(50) + "\n")
function d(a, b) {
  if (a)
    if (b) return "ab"
    else return "a!b"
  return "!a"
}
print(d(1, 1) + " " + d(1, 0) + " " + d(0, 1) + "\n")
if (true) ; else print("never\n")
if (false) print("never\n")
else print("else\n")
if ("") print("empty string is true\n")
if ([]) print("array is true\n")
if (null) {} else { print("null is false\n") }
local x = 5
if (x > 3 && x < 10 || x == 100) print("in range\n")
if (!(x in [1])) print("not in\n")
