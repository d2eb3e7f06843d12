// && and || yield operands and do not evaluate what they need not.
function say(n, v) { print(n + " "); return v }
print((null || 5) + "\n")
print((0 && 1) + "\n")
print((3 && "x") + "\n")
print(("" || "y") + "|\n")
print((false || null) + "\n")
print((0.0 || "zero") + "\n")
print((1 && 2 && 3) + " " + (1 && 0 && 3) + " " + (0 || false || "z") + "\n")
print(say("a", 1) && say("b", 0) || say("c", 7)); print("\n")
print(say("a", 0) && say("b", 1) || say("c", 7)); print("\n")
print(say("a", 1) || say("b", 1) && say("c", 7)); print("\n")
local cb = null
cb && cb()
cb = function() { print("called\n") }
cb && cb()
print(!1 + " " + !0 + " " + !null + " " + !"" + " " + !!"a" + " " + ![] + "\n")
