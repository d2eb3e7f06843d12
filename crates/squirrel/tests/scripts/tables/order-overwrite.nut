// Overwriting keeps the place; deleting and adding again may not.
function show(t) { foreach (k, v in t) print(k + "=" + v + " "); print("\n") }
local t = { one = 1, two = 2, three = 3, four = 4, five = 5 }
show(t)
t.one <- 10
t.two = 20
t.rawset("three", 30)
show(t)
delete t.three
t.three <- 33
show(t)
delete t.one
delete t.two
t.two <- 22
t.one <- 11
show(t)
t.rawdelete("five")
show(t)
