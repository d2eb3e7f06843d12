// split with many separators, and what comes back when joined.
function join(a, s) { return a.len() ? a.reduce(@(x, y) x + s + y) : "" }
foreach (p in [["a b  c", " "], ["a,b;c", ",;"], ["1.2.3.4", "."], ["--x--", "-"], ["x", "xyz"], ["path/to/file.txt", "/."], ["line1\nline2\r\nline3", "\r\n"], ["k1=v1&k2=v2", "&="], ["\t\ttab\t", "\t"], ["aXbXc", "X"], ["no separators", "#"]])
  print(join(split(p[0], p[1]), "|") + " " + split(p[0], p[1]).len() + "\n")
local s = ""
for (local i = 0; i < 300; i++) s += i + ","
local a = split(s, ",")
print(a.len() + " " + a[299] + " " + a[17] + "\n")
