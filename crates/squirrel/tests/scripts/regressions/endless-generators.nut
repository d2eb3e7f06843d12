// Generators that resume each other without end: an error that can be caught. The reference goes on until the memory is full.
function gen() { foreach (v in gen()) yield v }
try { foreach (v in gen()) print(v); print("no error\n") } catch (e) { print((e.find("stack overflow") != null) + "\n") }
print("alive\n")
