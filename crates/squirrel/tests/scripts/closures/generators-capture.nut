// Generators and closures over the same variables.
local n = 1
function gen() { while (n < 100) { yield n; n *= 3 } }
local g = gen()
print(resume g + "\n")
n = 10
print(resume g + "\n")
print(n + "\n")
function g2(k) { local x = 1; while (x < 5) { yield x * k; x++ } k = 100; return k }
local h = g2(2), h2 = g2(3)
print(resume h + " " + resume h2 + " " + resume h + " " + resume h2 + "\n")
foreach (v in h) print(v + " ")
print("\n")
foreach (v in h2) print(v + " ")
print("\n")
