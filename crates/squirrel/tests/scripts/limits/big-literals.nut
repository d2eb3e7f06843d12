// Big arrays, tables, strings and functions in source.
function rep(n, f) { local s = ""; for (local i = 0; i < n; i++) s += f(i); return s }
print(compilestring("return [" + rep(3000, @(i) i + ",") + "]")().len() + "\n")
print(compilestring("return {" + rep(2000, @(i) "k" + i + "=" + i + ",") + "}")().k1999 + "\n")
print(compilestring("return [" + rep(2000, @(i) "\"s" + i + "\",") + "]")()[1500] + "\n")
print(compilestring("return \"" + rep(5000, @(i) "x") + "\"")().len() + "\n")
print(compilestring("local s = 0\n" + rep(3000, @(i) "s += " + i + "\n") + "return s")() + "\n")
print(compilestring("return 0" + rep(2000, @(i) "+" + i))() + "\n")
print(compilestring("switch (900) {" + rep(1000, @(i) "case " + i + ": return " + i + "\n") + "}")() + "\n")
print(compilestring("f <- {}\n" + rep(500, @(i) "function f::m" + i + "() { return " + i + " }\n") + "return f.m499()")() + "\n")
print(compilestring("return " + rep(100, @(i) "(") + "1" + rep(100, @(i) ")"))() + "\n")
print(compilestring("return " + rep(60, @(i) "[") + "1" + rep(60, @(i) "]"))().len() + "\n")
print(compilestring(rep(60, @(i) "if (true) { ") + "return 5" + rep(60, @(i) " }"))() + "\n")
print((compilestring("return " + rep(50, @(i) "function() { return ") + "1" + rep(50, @(i) " }"))()()()() != null) + "\n")
