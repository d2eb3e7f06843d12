// swap2 and swap4 of blobs; the functions of the same names.
local b = blob(8)
for (local i = 0; i < 8; i++) b[i] = i
b.swap2()
foreach (v in b) print(v + " ")
print("\n")
b.swap4()
foreach (v in b) print(v + " ")
print("\n")
local odd = blob(3)
odd[0] = 1; odd[1] = 2; odd[2] = 3
odd.swap2()
print(odd[0] + " " + odd[1] + " " + odd[2] + "\n")
odd.swap4()
print(odd[0] + " " + odd[1] + " " + odd[2] + "\n")
print(swap4(0x01020304) + " " + 0x04030201 + "\n")
print(swap4(1) + " " + swap4(-1) + " " + swap4(0x80) + "\n")
print(swap2(0x0102) + " " + swap2(0x00ff) + " " + swap2(0) + "\n")
print(swapfloat(swapfloat(1.5)) + "\n")
print(castf2i(1.0) + " " + castf2i(-0.0) + " " + casti2f(1065353216) + " " + casti2f(0x40490fdb) + "\n")
print(casti2f(castf2i(3.25)) + " " + castf2i(casti2f(12345)) + "\n")
try { swap4("x") } catch (e) { print(e + "\n") }
try { castf2i(null) } catch (e) { print(e + "\n") }
print(castf2i(1) + " " + swap2(3.7) + "\n")
