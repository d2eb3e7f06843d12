// Modulo of types that have none raises the error of the other operators. The reference makes the error and loses it.
function try_it(f) { try { print(f() + "\n") } catch (e) { print(e + "\n") } }
try_it(@() "s" % 1)
try_it(@() 1 % "s")
try_it(@() null % 1)
try_it(@() 1 % null)
try_it(@() [] % {})
try_it(@() true % 2)
try_it(@() 1.5 % "x")
try_it(function() { local x = "s"; x %= 2; return x })
