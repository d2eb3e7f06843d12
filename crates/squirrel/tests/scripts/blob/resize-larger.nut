// resize to a larger size reserves room; the length stays until it is written.
local b = blob(4)
b[3] = 9
b.resize(8)
print(b.len() + " " + b[3] + "\n")
try { b[6] = 1 } catch (e) { print(e + "\n") }
b.seek(0, 'e')
print(b.tell() + "\n")
b.writen(7, 'i')
print(b.len() + " " + b[4] + "\n")
b.resize(0)
print(b.len() + " " + b.tell() + "\n")
b.writen(1, 'i')
print(b.len() + "\n")
