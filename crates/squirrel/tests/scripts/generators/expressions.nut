// resume inside expressions, calls, conditions.
function g() { yield 1; yield 2; yield 3; yield 4; yield 5; yield 6; yield 7 }
local i = g()
print((resume i) + (resume i) * 10 + "\n")
print([resume i, resume i].len() + "\n")
print((@(a, b) a + ":" + b)(resume i, resume i) + "\n")
if (resume i) print("true\n")
local s = ""
local x
function letters() { foreach (c in "abc") yield c.tochar() }
local l = letters()
while (x = resume l) s += x
print(s + " " + l.getstatus() + "\n")
print(typeof resume g() + "\n")
print(-resume g() + "\n")
