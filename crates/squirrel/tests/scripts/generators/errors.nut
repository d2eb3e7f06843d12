// Errors with generators.
function e(f) { try { print(f() + "\n") } catch (x) { print(x + "\n") } }
e(@() resume 5)
e(@() resume null)
e(@() resume "s")
e(@() resume {})
e(@() resume print)
function self() { yield 1; resume me; yield 2 }
me <- self()
e(@() resume me)
e(@() resume me)
e(@() resume me)
print(me.getstatus() + "\n")
function thr() { yield 1; throw "inside"; yield 2 }
local t = thr()
e(@() resume t)
e(@() resume t)
print(t.getstatus() + "\n")
e(@() resume t)
e(@() t.getstatus(1))
e(@() t.nosuch)
e(@() t())
e(@() t[0])
e(@() t + 1)
