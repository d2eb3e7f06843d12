// resize to a smaller size.
local b = blob(8)
for (local i = 0; i < 8; i++) b[i] = i + 1
b.seek(6)
b.resize(4)
print(b.len() + " " + b.tell() + "\n")
foreach (v in b) print(v + " ")
print("\n")
try { b[4] } catch (e) { print(e + "\n") }
b.resize(4)
print(b.len() + "\n")
