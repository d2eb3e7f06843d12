// `this` and locals of a generator survive between resumes.
class A {
  n = 10
  function gen() { local k = 1; while (k < 4) { yield n * k; k++; n += 1 } }
}
local a = A()
local g = a.gen()
print(resume g + " ")
a.n = 100
print(resume g + " " + resume g + " " + a.n + "\n")
local t = { v = 5, function gen() { yield this.v; yield v } }
local h = t.gen()
print(resume h + " ")
t.v = 6
print(resume h + "\n")
function rootgen() { yield this == getroottable() }
print(resume rootgen() + "\n")
