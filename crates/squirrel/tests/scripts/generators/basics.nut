// resume, yield values, return values, status.
function g() { yield 1; yield 2; return 3 }
local i = g()
print(typeof i + " " + i.getstatus() + "\n")
print(resume i + "\n")
print(i.getstatus() + " " + resume i + "\n")
print(resume i + " " + i.getstatus() + "\n")
try { resume i } catch (e) { print(e + "\n") }
function bare() { yield; yield null; return }
local b = bare()
print((resume b == null) + " " + (resume b == null) + " " + b.getstatus() + " " + (resume b == null) + " " + b.getstatus() + "\n")
function args(a, b, ...) { yield a + b; foreach (v in vargv) yield v }
local k = args(1, 2, 3, 4)
print(resume k + " " + resume k + " " + resume k + "\n")
try { args() } catch (e) { print(e + "\n") }
print(typeof args + "\n")
