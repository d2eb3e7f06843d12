// getinfos of script functions and natives.
function show(i) {
  local keys = []
  foreach (k, v in i) keys.append(k)
  keys.sort()
  foreach (k in keys) {
    local v = i[k]
    print(k + "=")
    if (typeof v == "array") { print("["); foreach (x in v) print(x + ","); print("]") }
    else print(v)
    print(" ")
  }
  print("\n")
}
function named(a, b = 5, c = "x") {}
function vari(x, ...) {}
show(named.getinfos())
show(vari.getinfos())
show((@(q) q).getinfos())
show((function() {}).getinfos())
class C { function m(a) {} constructor() {} }
show(C.m.getinfos())
show(C.constructor.getinfos())
show(format.getinfos())
show(print.getinfos())
show("".slice.getinfos())
show([].len.getinfos())
show(blob.writen.getinfos())
