// Reading, assigning and creating slots.
local t = {}
t.a <- 1
t["b"] <- 2
t[3] <- "three"
print(t.a + " " + t.b + " " + t[3] + " " + t.len() + "\n")
t.a = 10
t.a <- 11
print(t.a + "\n")
function e(f) { try { f() } catch (e) { print(e + "\n") } }
e(@() t.zz)
e(@() t["a b"])
e(@() t[4])
e(@() t[1.5])
e(@() t[null])
e(@() t[true])
e(@() t[[]])
e(@() t[print])
e(@() t.zz = 1)
e(@() t[4] = 1)
e(@() t[null] = 1)
e(@() t[null] <- 1)
print(t.len() + "\n")
local big = "0123456789012345678901234567890123456789012345678901234567890"
e(@() t[big])
e(@() t[0.1])
e(@() t[1.0 / 3])
e(@() t[1e30])
