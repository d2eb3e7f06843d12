// find and reverse.
local a = [1, "x", null, 2.0, true, 1]
print(a.find(1) + " " + a.find("x") + " " + a.find(null) + " " + a.find(2) + " " + a.find(2.0) + " " + a.find(true) + "\n")
print(a.find(99) + " " + [].find(1) + "\n")
local o = {}
print([{}, o].find(o) + " " + ([{}].find({}) == null) + "\n")
a.reverse()
print(a[0] + " " + a[5] + " " + a[1] + "\n")
local e = []
e.reverse()
local odd = [1, 2, 3]
odd.reverse()
print(odd[0] + "" + odd[1] + odd[2] + " " + e.len() + "\n")
print((odd.reverse() == null) + "\n")
