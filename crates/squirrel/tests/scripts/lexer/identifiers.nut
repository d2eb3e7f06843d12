// Identifiers: underscores, digits, case, keywords as slot names through strings.
local _ = 1, __x = 2, a1_b2 = 3, Abc = 4, abc = 5, ABC = 6
print(_ + " " + __x + " " + a1_b2 + " " + Abc + " " + abc + " " + ABC + "\n")
local If = "i", whilex = "w", null_ = "n"
print(If + whilex + null_ + "\n")
local t = {}
t["class"] <- 1
t["while"] <- 2
t["null"] <- 3
t["two words"] <- 4
print(t["class"] + t["while"] + t["null"] + t["two words"] + "\n")
local vargv = "mine"
print(vargv + "\n")
local undefined = 1, var = 2, let = 3, self = 4, import = 5
print(undefined + var + let + self + import + "\n")
