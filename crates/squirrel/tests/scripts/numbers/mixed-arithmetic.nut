// An operand of type float makes the result a float.
function show(v) { print(v + " " + typeof v + "\n") }
show(1 + 1)
show(1 + 1.0)
show(1.0 + 1)
show(3 - 1.5)
show(2 * 2.0)
show(4 / 2.0)
show(4.0 / 2)
show(5 % 2.0)
show(16777217 + 0.0)
show(2147483647 + 0.0)
show(-5)
show(-5.0)
show(0.5 + 0.5)
local i = 1
i += 0.5
show(i)
i *= 2
show(i)
i++
show(i)
local f = 1.5
f--
show(f)
show(f++)
show(f)
