// Literals, indexing, assignment, length.
local a = [1, 2, 3]
print(a.len() + " " + a[0] + " " + a[2] + " " + [].len() + "\n")
a[1] = "two"
print(a[1] + "\n")
local b = [1, "s", 2.5, null, true, [1], {}]
print(b.len() + " " + b[1] + b[2] + " " + b[5][0] + "\n")
local c = [1 2 3]
print(c.len() + "\n")
local d = [1, 2,]
print(d.len() + "\n")
local m = [
  [1, 2, 3],
  [4, 5, 6],
]
print(m.len() + "\n")
print(a[1.9] + " " + a[0.5] + "\n")
a[2.7] = "f"
print(a[2] + "\n")
