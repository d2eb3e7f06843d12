// format: wide fields; widths and precisions have two digits at most.
local s = format("%99d", 5)
print(s.len() + " " + s.slice(95) + "\n")
s = format("%.99d", 7)
print(s.len() + " " + s.slice(0, 5) + "\n")
s = format("%99s|", "x")
print(s.len() + " " + s.slice(95) + "\n")
s = format("%-99s|%.99f", "y", 1.5)
print(s.len() + "\n")
local longs = ""
for (local i = 0; i < 500; i++) longs += "z"
print(format("%s%s", longs, longs).len() + "\n")
print(format("%.10s", longs) + "\n")
print(format("%99.50s|", longs).len() + "\n")
print(format("%099d", 1).len() + "\n")
foreach (f in ["%100d", "%999d", "%.100d", "%.999f", "%099d", "%0099d", "%100s", "%.100s", "%99.99f", "%99.100f"])
  try { print(f + " " + format(f, f.find("s") ? "x" : 1).len() + "\n") } catch (e) { print(f + " " + e + "\n") }
