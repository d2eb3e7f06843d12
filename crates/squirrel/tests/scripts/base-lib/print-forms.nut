// print of every simple value.
print(1)
print("\n")
print(-1.5)
print("\n")
print(true)
print("\n")
print("")
print(null)
print("\n")
print("a" + "b\n")
print(1e10)
print("\n")
foreach (f in [@() print(), @() print(1, 2)]) try { f() } catch (e) { print(e + "\n") }
print((print("") == null) + "\n")
local p = print
p("through a local\n")
