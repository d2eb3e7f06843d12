// Strings keep bytes of value zero.
local s = "a\0b\0"
print(s.len() + " " + s[1] + " " + s[2] + "\n")
print((s == "a") + " " + (s == "a\0b\0") + " " + ("a\0x" == "a\0y") + "\n")
local t = {}
t["a\0x"] <- 1
t["a\0y"] <- 2
print(t.len() + " " + t["a\0x"] + t["a\0y"] + "\n")
print((s + s).len() + " " + s.slice(1, 3).len() + "\n")
foreach (c in s) print(c + " ")
print("\n")
