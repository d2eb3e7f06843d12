// tostring and concatenation of every simple value agree.
foreach (v in [0, -1, 2147483647, 1.5, -0.25, 1e20, true, false, "", "text"])
  print(v.tostring() + " " + (v.tostring() == "" + v) + " " + typeof v.tostring() + "\n")
print(({}).tostring().find("(table : 0x") + " " + [].tostring().find("(array : 0x") + " " + print.tostring().find("(function : 0x") + "\n")
class A { }
print(A.tostring().find("(class : 0x") + " " + A().tostring().find("(instance : 0x") + "\n")
local t = {}
print((t.tostring() == "" + t) + " " + (t.tostring() == ({}).tostring()) + "\n")
print((function() { yield 1 })().tostring().slice(0, 13) + " " + newthread(@() 1).tostring().slice(0, 10) + "\n")
