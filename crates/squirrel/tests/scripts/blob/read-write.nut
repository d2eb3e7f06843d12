// writen and readn of every type.
local b = blob()
b.writen(1, 'c')
b.writen(200, 'b')
b.writen(-2, 's')
b.writen(65535, 'w')
b.writen(-100000, 'i')
b.writen(1.5, 'f')
b.writen(2.25, 'd')
print(b.len() + " " + b.tell() + "\n")
foreach (v in b) print(v + " ")
print("\n")
b.seek(0)
foreach (t in ['c', 'b', 's', 'w', 'i', 'f', 'd']) { local v = b.readn(t); print(v + ":" + typeof v + " ") }
print(b.eos() + "\n")
try { b.readn('i') } catch (e) { print(e + "\n") }
b.seek(-2, 'e')
try { b.readn('i') } catch (e) { print(e + "\n") }
print(b.tell() + "\n")
