// while and do-while.
local i = 0
while (i < 3) { print(i + " "); i++ }
while (i < 5) print(i++ + " ")
do { print(i + " "); i-- } while (i > 2)
print("\n")
do print("once\n") while (false)
while (false) print("never\n")
i = 0
while (true) { if (++i > 5) break; if (i % 2) continue; print(i + " ") }
print("\n")
i = 0
do { i++; if (i == 2) continue; if (i == 5) break; print(i + " ") } while (i < 10)
print("\n")
local a = [1, 2, 3]
while (a.len()) print(a.pop())
print("\n")
local n = 3
while (n--) print(n)
print("\n")
