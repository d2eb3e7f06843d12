// The pointer: seek from begin, current and end; tell; eos.
local b = blob(10)
print(b.tell() + " " + (b.eos() == null) + "\n")
print(b.seek(5) + " " + b.tell() + "\n")
print(b.seek(2, 'c') + " " + b.tell() + "\n")
print(b.seek(-3, 'c') + " " + b.tell() + "\n")
print(b.seek(-1, 'e') + " " + b.tell() + "\n")
print(b.seek(3, 'b') + " " + b.tell() + "\n")
print(b.seek(10) + " " + b.tell() + " " + b.eos() + "\n")
print(b.seek(0, 'e') + " " + b.tell() + "\n")
print(b.seek(11) + " " + b.tell() + "\n")
print(b.seek(-1) + " " + b.tell() + "\n")
print(b.seek(1, 'e') + " " + b.tell() + "\n")
print(b.seek(-20, 'c') + " " + b.tell() + "\n")
print(b.seek(1.9) + " " + b.tell() + "\n")
try { b.seek("x") } catch (e) { print(e + "\n") }
try { b.seek(0, 'q') } catch (e) { print(e + "\n") }
try { b.seek() } catch (e) { print(e + "\n") }
try { b.seek(0, "b") } catch (e) { print(e + "\n") }
