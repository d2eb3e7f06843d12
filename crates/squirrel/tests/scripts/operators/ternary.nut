// The conditional operator: nesting, side effects, truth.
foreach (v in [null, false, true, 0, 1, 0.0, 0.5, "", "a", [], {}])
  print(v ? "T" : "F")
print("\n")
function grade(n) { return n > 90 ? "A" : n > 80 ? "B" : n > 70 ? "C" : "D" }
print(grade(95) + grade(85) + grade(75) + grade(5) + "\n")
function say(x) { print("[" + x + "]"); return x }
local r = say(1) ? say("yes") : say("no")
print(r + "\n")
r = say(0) ? say("yes") : say("no")
print(r + "\n")
print((true ? 1 : 2) + (false ? 10 : 20) + "\n")
local x = true ? false ? 1 : 2 : 3
print(x + "\n")
local y = 5
y = y > 3 ? y + 1 : y - 1
print(y + "\n")
