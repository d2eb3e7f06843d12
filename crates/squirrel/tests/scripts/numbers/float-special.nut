// Infinity, not a number, negative zero.
local zero = 0.0
local inf = 1.0 / zero
local nan = zero / zero
print(inf + " " + (-inf) + "\n")
print((inf > 1e38) + " " + (-inf < -1e38) + "\n")
print((nan < 1) + " " + (nan > 1) + " " + (nan <= nan) + "\n")
print(-zero + "\n")
print((0.0 == -0.0) + " " + (0.0 == 0) + " " + (-0.0 == 0) + "\n")
print((0.0 < -0.0) + " " + (0.0 <= -0.0) + "\n")
print((nan == nan) + " " + (nan != nan) + "\n")
print((nan == 1) + " " + (nan == 1.0) + "\n")
print((inf == inf) + " " + (inf == -inf) + " " + (inf - inf == inf) + "\n")
print(1e38 * 10.0 + " " + -1e38 * 10.0 + "\n")
if (-0.0) print("true\n"); else print("false\n")
if (nan) print("true\n"); else print("false\n")
