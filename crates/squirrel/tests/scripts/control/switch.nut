// switch: fall through, default, expressions, types.
function f(x) {
  local s = ""
  switch (x) {
    case 1: s += "one "
    case 2: s += "two "; break
    case "str": s += "string "; break
    case null: s += "null "; break
    case 1 + 2: s += "three "
    case [1][0] + 9: s += "ten "; break
    default: s += "default "
  }
  return s
}
foreach (v in [1, 2, "str", null, 3, 10, 99, 1.0, true, "1"]) print(f(v) + "|")
print("\n")
switch (5) {}
switch (5) { default: print("only default\n") }
switch (5) { case 5: case 6: print("five or six\n") }
switch ("a" + "b") { case "ab": { print("block\n"); break } case "x": print("never\n") }
for (local i = 0; i < 4; i++) {
  switch (i) {
    case 1: continue
    case 2: break
    default: print("d" + i + " ")
  }
  print("end" + i + " ")
}
print("\n")
function r(x) { switch (x) { case 1: return "r1"; case 2: return "r2" } return "none" }
print(r(1) + r(2) + r(3) + "\n")
switch (1) { case 1: local v = "scoped"; print(v + "\n"); break; case 2: print("no\n") }
