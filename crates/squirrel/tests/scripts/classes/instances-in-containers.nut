// Instances as keys, values, and in arrays.
class P { n = 0; constructor(n_) { n = n_ } }
local ps = [P(3), P(1), P(2)]
ps.sort(@(a, b) a.n <=> b.n)
foreach (p in ps) print(p.n + " ")
print("\n")
local t = {}
t[ps[0]] <- "one"
t[ps[1]] <- "two"
print(t[ps[0]] + t[ps[1]] + " " + (P(1) in t) + "\n")
print(ps.find(ps[2]) + " " + ps.find(P(3)) + "\n")
local by = {}
foreach (p in ps) by["n" + p.n] <- p
by.n1.n = 100
print(ps[0].n + "\n")
print(ps.map(@(p) p.n * 2)[1] + "\n")
