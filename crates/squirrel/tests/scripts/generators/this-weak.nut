// A suspended generator holds its `this` weakly: gone, it reads as null.
class A {
  n = 5
  function gen() { yield n; yield this == null ? "null" : typeof this }
}
function flush() { local a = [{ x = "s" }]; return a[0].x + a.len() }
function make() { return A().gen() }
function started() { local g = A().gen(); resume g; return g }
local g = started()
flush()
print(resume g + "\n")
g = make()
flush()
try { print(resume g + "\n") } catch (e) { print(e + "\n") }
local a = A()
g = a.gen()
print(resume g + " " + resume g + "\n")
