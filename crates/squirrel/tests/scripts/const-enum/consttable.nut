// getconsttable and setconsttable.
const X = 1
enum E { A, B }
local c = getconsttable()
print(typeof c + " " + c.X + " " + c.E.B + " " + ("Y" in c) + "\n")
c.Y <- "added"
print(compilestring("return Y")() + "\n")
print(compilestring("return E.B + X")() + "\n")
c.X = 100
print(X + " " + compilestring("return X")() + "\n")
compilestring("const FROMSTRING = 77")
print(compilestring("return FROMSTRING")() + "\n")
print(c.FROMSTRING + "\n")
const BOOLISH = 1
c.ARR <- [1, 2]
try { print(compilestring("return ARR")()[1] + "\n") } catch (e) { print(e + "\n") }
