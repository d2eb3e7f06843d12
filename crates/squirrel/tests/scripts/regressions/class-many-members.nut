// Classes with thousands of members: every member is found, none reaches outside (compare CVE-2021-41556).
local C = class { }
for (local i = 0; i < 3000; i++) C["field" + i] <- i
for (local i = 0; i < 1000; i++) C["method" + i] <- compilestring("return " + i)
local c = C()
local sum = 0
for (local i = 0; i < 3000; i++) sum += c["field" + i]
for (local i = 0; i < 1000; i++) sum += c["method" + i]()
print(sum + "\n")
for (local i = 0; i < 3000; i++) c["field" + i] = 1
sum = 0
foreach (k, v in C) if (typeof v == "integer") sum += c[k]
print(sum + "\n")
local D = class extends C { extra = "e" }
local d = D()
print(d.extra + " " + d.field2999 + " " + d.method999() + "\n")
try { c.field3000 } catch (e) { print(e + "\n") }
