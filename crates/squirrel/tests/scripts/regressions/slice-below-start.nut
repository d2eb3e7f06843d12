// Slices that start before the first byte: an error; the reference reads outside of the string. Of an array there are nulls, as
// in the reference.
function try_it(name, f) { try { f(); print(name + ": no error\n") } catch (e) { print(name + ": " + typeof e + "\n") } }
try_it("string", @() "abc".slice(-4))
try_it("string far", @() "abc".slice(-100000))
try_it("string with an end", @() "abc".slice(-5, -4))
try_it("string with an end inside", @() "abc".slice(-5, 2))
try_it("empty string", @() "".slice(-1))
try_it("array", @() [1, 2, 3].slice(-4))
try_it("array with an end", @() [1, 2, 3].slice(-5, -4))
try_it("array with an end inside", @() [1, 2, 3].slice(-5, 2))
try_it("empty array", @() [].slice(-1))
try_it("smallest integer", @() "abc".slice(-2147483648))
print("abc".slice(-3) + " " + [1, 2, 3].slice(-3).len() + "\n")
