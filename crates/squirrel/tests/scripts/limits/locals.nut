// The number of locals and temporaries of a function.
function many(n) { local s = ""; for (local i = 0; i < n; i++) s += "local v" + i + " = " + i + ";\n"; return s }
print(compilestring(many(200) + "return v0 + v199")() + "\n")
print(compilestring(many(254) + "return v253")() + "\n")
foreach (n in [255, 256, 300])
  try { compilestring(many(n)); print("ok\n") } catch (e) { print(e + "\n") }
function args(n) { local s = "return (@(...) vargv.len())(0"; for (local i = 1; i < n; i++) s += ", " + i; return s + ")" }
print(compilestring(args(200))() + "\n")
try { compilestring(args(300)); print("ok\n") } catch (e) { print(e + "\n") }
function sums(n) { local s = "return "; for (local i = 0; i < n; i++) s += "1+("; s += "1"; for (local i = 0; i < n; i++) s += ")"; return s }
print(compilestring(sums(200))() + "\n")
try { compilestring(sums(300)); print("ok\n") } catch (e) { print(e + "\n") }
