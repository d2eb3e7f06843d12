// The function array().
function show(a) { foreach (v in a) print((v == null ? "null" : v) + " "); print("| " + a.len() + "\n") }
show(array(3))
show(array(2, "x"))
show(array(0))
show(array(2.9, 1))
local shared = array(2, [])
shared[0].append(1)
print(shared[1].len() + "\n")
foreach (f in [@() array(), @() array("3"), @() array(null), @() array(1, 2, 3)])
  try { show(f()) } catch (e) { print(e + "\n") }
