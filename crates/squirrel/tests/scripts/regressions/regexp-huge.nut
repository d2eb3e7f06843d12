// Huge and deeply nested patterns: an error or an object, no crash.
function rep(s, n) { local r = ""; for (local i = 0; i < n; i++) r += s; return r }
function try_it(name, p) {
  try { local r = regexp(p); r.match("aaa"); r.search("aaa") } catch (e) { }
  print(name + "\n")
}
try_it("open", rep("(", 20000))
try_it("nested", rep("(", 20000) + "a" + rep(")", 20000))
try_it("groups", rep("(a)", 5000))
try_it("alternatives", rep("a|", 20000) + "a")
try_it("literals", rep("ab", 20000))
try_it("sets", rep("[a-z]", 5000))
try_it("count", "a{65535}")
try_it("count too big", "a{65536}")
try_it("count far too big", "a{99999999999999}")
try_it("count backwards", "a{5,2}")
try_it("nested counts", "((((a{1000}){1000}){1000}){1000})")
print("alive\n")
