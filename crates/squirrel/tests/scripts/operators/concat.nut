// + with a string on either side concatenates the string forms.
print("a" + "b" + "\n")
print("a" + 1 + "\n")
print(1 + "a" + "\n")
print("a" + 1.5 + "\n")
print(1.0 + "a" + "\n")
print("a" + true + "\n")
print(false + "a" + "\n")
print("x" + null + "\n")
print(null + "x" + "\n")
print(1 + 2 + "3" + 4 + 5 + "\n")
print("" + "" + "|\n")
local s = ""
for (local i = 0; i < 20; i++) s += i
print(s + " " + s.len() + "\n")
