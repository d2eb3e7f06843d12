// Lines that end with carriage return and line feed.
local a = 1
local b = 2
print(a + b + "\n")
if (a)
  print("yes\n")
else
  print("no\n")
local s = @"x
y"
print(s.len() + "\n")
function f() { return
 5 }
print((f() == null) + "\n")
// a comment
print("end\n")
