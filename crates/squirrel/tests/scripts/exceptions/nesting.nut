// Nested try, rethrow, throw in catch.
try {
  try { throw "inner" } catch (e) { print("1 " + e + "\n"); throw e + " again" }
} catch (e) { print("2 " + e + "\n") }
try {
  try { print("a\n") } catch (e) { print("never\n") }
  throw "after inner"
} catch (e) { print(e + "\n") }
try {
  try { throw 1 } catch (e) { try { throw 2 } catch (e) { print(e + "\n") } print(e + "\n") }
} catch (e) { print("never\n") }
function f(n) { try { if (n == 0) throw "bottom"; f(n - 1) } catch (e) { throw e + n } }
try { f(3) } catch (e) { print(e + "\n") }
local e = "outer e"
try { throw "caught" } catch (e) { print(e + "\n"); e = "changed" }
print(e + "\n")
