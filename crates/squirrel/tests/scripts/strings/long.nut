// Strings that grow: building, searching and cutting.
local s = ""
for (local i = 0; i < 1000; i++) s += (i % 10)
print(s.len() + " " + s.slice(990) + "\n")
local d = "x"
for (local i = 0; i < 12; i++) d += d
print(d.len() + "\n")
print(s.find("90123", 500) + "\n")
print((d + "y").find("y") + "\n")
local parts = []
for (local i = 0; i < 50; i++) parts.append("p" + i)
local joined = parts.reduce(@(a, b) a + "," + b)
print(joined.len() + " " + joined.slice(0, 20) + "\n")
print(split(joined, ",").len() + "\n")
