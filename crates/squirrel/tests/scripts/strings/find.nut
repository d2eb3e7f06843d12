// find: a byte offset, or null.
local s = "abcabc"
foreach (x in ["a", "b", "c", "abc", "cab", "bc", "x", "abcabc", "abcabcd", ""])
  print("'" + x + "' " + s.find(x) + "\n")
foreach (st in [0, 1, 3, 4, 5, 6])
  print(st + " " + s.find("a", st) + " " + s.find("c", st) + "\n")
print(s.find("a", 7) + "\n")
print(s.find("a", 1.9) + "\n")
print("".find("") + " " + "".find("a") + "\n")
print("Aa".find("a") + "\n")
try { s.find() } catch (e) { print(e + "\n") }
try { s.find(1) } catch (e) { print(e + "\n") }
try { s.find("a", "b") } catch (e) { print(e + "\n") }
