// Many floats of different sizes, made by arithmetic.
local f = 1.0
for (local i = 0; i < 45; i++) { print(f + " "); f *= 7.3 }
print("\n")
f = 1.0
for (local i = 0; i < 50; i++) { print(f + " "); f /= 8.7 }
print("\n")
for (local i = 0; i < 30; i++) print((i / 7.0) + " " + (i * 1000000 / 3.0) + " ")
print("\n")
for (local i = -5; i < 6; i++) print(i * 0.1 + " " + i * 1e5 + " " + i * 1e-5 + " ")
print("\n")
