// A variable of a generator that a closure has captured is shared by both across yields. The reference loses it at the next yield.
function gen() {
  local x = 0
  yield function() { return ++x }
  yield x
  x = 100
  yield x
}
local g = gen()
local inc = resume g
print(inc() + " " + inc() + "\n")
print(resume g + "\n")
print(inc() + "\n")
print(resume g + " " + inc() + "\n")
function collect() {
  local fs = []
  for (local i = 0; i < 3; i++) {
    local j = i
    fs.append(@() j)
    yield fs
  }
}
local last
foreach (fs in collect()) last = fs
foreach (f in last) print(f() + " ")
print("\n")
