// Iteration order of big classes and of subclasses that add members.
function show(c) { foreach (k, v in c) print(k + " "); print("\n") }
local A = class { }
for (local i = 0; i < 20; i++) A["m" + i] <- (i % 2 ? i : function() { })
show(A)
local B = class extends A { m3 = 33; extra = 1; function m4() { } other = 2 }
show(B)
B.late <- 5
B.m5 <- 55
show(B)
local C = class extends B { }
show(C)
