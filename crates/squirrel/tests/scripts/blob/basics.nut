// Making blobs, bytes, length.
local b = blob(4)
print(typeof b + " " + type(b) + " " + b.len() + " " + blob().len() + "\n")
b[0] = 1
b[1] = 255
b[2] = 256
b[3] = -1
foreach (i, v in b) print(i + "=" + v + " ")
print("\n")
print(b[0] + b[1] + "\n")
b[0] = 65.9
print(b[0] + "\n")
function e(f) { try { print(f() + "\n") } catch (x) { print(x + "\n") } }
e(@() b[4])
e(@() b[-1])
e(@() b["x"])
e(@() b[null])
e(@() b.nosuch)
e(function() { b[4] = 1 })
e(function() { b[0] = "s" })
e(function() { b[0] = null })
e(function() { b["x"] = 1 })
e(function() { b.x <- 1 })
e(@() blob(-1))
e(@() blob("x"))
e(@() blob(null))
e(@() blob(2.9).len())
e(@() b[1.9])
