// `if (x) return 1 else return 2` on one line without a semicolon.
function f(x) { if (x) return 1 else return 2 }
print(f(true) + " " + f(false) + "\n")
function g(x) { if (x) return "a"; else return "b"; }
print(g(1) + g(0) + "\n")
function h(x) { if (x > 1) { return "big" } else if (x > 0) { return "one" } else { return "none" } }
print(h(2) + " " + h(1) + " " + h(0) + "\n")
