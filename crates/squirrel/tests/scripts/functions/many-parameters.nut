// Many parameters and locals.
function f(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) {
  return a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p
}
print(f(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16) + "\n")
local src = "local s = 0\n"
for (local i = 0; i < 150; i++) src += "local v" + i + " = " + i + "\n"
for (local i = 0; i < 150; i++) src += "s += v" + i + "\n"
src += "return s"
print(compilestring(src)() + "\n")
local call = "return format(\""
for (local i = 0; i < 60; i++) call += "%d "
call += "\""
for (local i = 0; i < 60; i++) call += ", " + i
print(compilestring(call + ")")() + "\n")
