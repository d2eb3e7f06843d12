// Keys of every type; integer and float keys differ; objects are keys by identity.
local t = {}
local a1 = [], t1 = {}, f1 = function() {}
class C {}
local i1 = C()
t[1] <- "int"
t[1.0] <- "float"
t["1"] <- "string"
t[true] <- "true"
t[false] <- "false"
t[a1] <- "array"
t[t1] <- "table"
t[f1] <- "function"
t[C] <- "class"
t[i1] <- "instance"
t[print] <- "native"
print(t[1] + " " + t[1.0] + " " + t["1"] + " " + t[true] + " " + t[false] + "\n")
print(t[a1] + " " + t[t1] + " " + t[f1] + " " + t[C] + " " + t[i1] + " " + t[print] + "\n")
print(t.len() + " " + ([] in t) + " " + (a1 in t) + " " + (0 in t) + " " + (1 in t) + "\n")
print((0.0 in t) + " " + ("true" in t) + "\n")
t[-0.0] <- "minus"
t[0.0] <- "plus"
print(t.len() + " " + t[-0.0] + " " + t[0.0] + "\n")
