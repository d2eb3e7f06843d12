// An empty blob: length, iteration, reading.
local b = blob()
print(b.len() + " " + b.tell() + " " + b.eos() + "\n")
try { foreach (v in b) print("never"); print("no iteration\n") } catch (e) { print(e + "\n") }
function e(f) { try { print(f() + "\n") } catch (x) { print(x + "\n") } }
e(@() b[0])
e(@() b.readn('b'))
e(@() b.readblob(1))
e(@() b.seek(0))
e(@() b.seek(1))
e(@() (clone b).len())
e(@() b.swap2())
e(@() b.swap4())
e(@() b.writeblob(blob()))
print(b.len() + "\n")
