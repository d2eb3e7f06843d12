// Which loop variables and locals are one per loop, and which are fresh.
local fs = []
for (local i = 0; i < 3; i++) fs.append(@() i)
foreach (f in fs) print(f() + " ")
print("\n")
fs = []
for (local i = 0; i < 3; i++) { local j = i; fs.append(@() j) }
foreach (f in fs) print(f() + " ")
print("\n")
fs = []
foreach (v in ["a", "b", "c"]) fs.append(@() v)
foreach (f in fs) print(f() + " ")
print("\n")
fs = []
foreach (k, v in ["a", "b", "c"]) { local kk = k; fs.append(@() kk + v) }
foreach (f in fs) print(f() + " ")
print("\n")
fs = []
local n = 0
while (n < 3) { local m = n * 10; fs.append(function() { return m++ }); n++ }
print(fs[0]() + " " + fs[0]() + " " + fs[1]() + " " + fs[2]() + "\n")
fs = []
do { local q = n; fs.append(@() q); n-- } while (n > 0)
foreach (f in fs) print(f() + " ")
print("\n")
