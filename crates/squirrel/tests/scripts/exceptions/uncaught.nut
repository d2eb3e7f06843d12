// An uncaught error ends the program.
print("before\n")
function f() { throw "not caught" }
f()
print("never\n")
