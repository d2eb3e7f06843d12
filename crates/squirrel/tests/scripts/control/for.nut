// for with and without its parts.
for (local i = 0; i < 3; i++) print(i + " ")
local j
for (j = 10; j > 7; j--) print(j + " ")
print(j + "\n")
local k = 0
for (; k < 2; k++) print(k + " ")
for (; k < 4;) { print(k + " "); k++ }
for (;;) { if (k++ > 6) break; print(k + " ") }
print("\n")
for (local a = 0, b = 5; a < b; a++, b--) print(a + b + " ")
print("\n")
for (local i = 0; i < 3; i++) for (local j = 0; j < 3; j++) { if (j == i) continue; if (j == 2) break; print(i + "" + j + " ") }
print("\n")
for (local i = 0.0; i < 1; i += 0.25) print(i + " ")
print("\n")
for (local s = ""; s.len() < 4; s += "x") print(s + ",")
print("\n")
for (local i = 0; i < 3; i++);
print("end\n")
