// Length, indexing, slices and comparison of strings.
local s = "Hello"
print(s.len() + " " + s[0] + " " + s[4] + "\n")
print(s.slice(1) + " " + s.slice(1, 3) + " " + s.slice(-3) + " " + s.slice(1, -1) + " " + s.slice(0, 0) + "|\n")
print(s.slice(5) + "|" + s.slice(-5) + "|" + s.slice(2, 2) + "|\n")
print(s.toupper() + " " + s.tolower() + " " + "MiXeD 123 #".toupper() + " " + "MiXeD 123 #".tolower() + "\n")
print(s.tostring() + " " + typeof s.weakref() + " " + s.weakref().ref() + "\n")
print(("abc" + "def" == "abcdef") + "\n")
print("".len() + "\n")
