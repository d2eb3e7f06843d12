// The number of arguments.
function e(f) { try { print(f() + "\n") } catch (e) { print(e + "\n") } }
function f0() { return 0 }
function f2(a, b) { return a + b }
function fd(a, b = 5) { return a + b }
function fv(a, ...) { return vargv.len() }
e(@() f0())
e(@() f0(1))
e(@() f2(1))
e(@() f2(1, 2))
e(@() f2(1, 2, 3))
e(@() fd())
e(@() fd(1))
e(@() fd(1, 2))
e(@() fd(1, 2, 3))
e(@() fv())
e(@() fv(1))
e(@() fv(1, 2, 3))
e(@() format())
e(@() array())
e(@() print())
e(@() type())
e(@() time(1))
