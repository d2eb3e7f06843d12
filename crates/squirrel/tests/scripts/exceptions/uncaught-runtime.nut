// An uncaught run-time error inside nested calls.
print("start\n")
local t = { a = { b = null } }
function get(o) { return o.a.b.c }
print(get(t))
