// Assignments after an operator: what the grammar happens to accept.
local a = 1, b = 2
a + b = 3;
print(a + " " + b + "\n")
a || b = 4;
-a = 5;
a in b = 6;
print(a + " " + b + "\n")
function f() {
  this = 7
  return this
}
print(f() + " " + typeof this + "\n")
