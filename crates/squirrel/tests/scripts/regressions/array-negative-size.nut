// Arrays of a negative size: an error that can be caught. The reference crashes.
function try_it(name, f) { try { f(); print(name + ": no error\n") } catch (e) { print(name + ": " + typeof e + "\n") } }
local a = [1, 2, 3]
try_it("array", @() array(-1))
try_it("array with a value", @() array(-5, "x"))
try_it("array of the smallest size", @() array(-2147483648))
try_it("array of a float size", @() array(-1.5))
try_it("resize", @() a.resize(-1))
try_it("resize with a value", @() a.resize(-1, 0))
try_it("resize to the smallest size", @() a.resize(-2147483648))
print(a.len() + "\n")
