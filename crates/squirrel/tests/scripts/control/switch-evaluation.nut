// Which case expressions are evaluated; nested switches.
function n(x) { print(x + " "); return x }
switch (n(3)) { case n(1): print("1"); case n(2): print("2"); case n(3): print("[3]"); case n(4): print("[4]"); break; case n(5): print("5") }
print("\n")
switch (1) {
  case 1:
    switch (2) { case 2: print("inner "); break; default: print("never ") }
    print("outer ")
    break
  default: print("never ")
}
print("\n")
local t = { k = 5 }
switch (t.k) { case t.k - 1: print("four"); break; case t.k: print("five"); break }
print("\n")
