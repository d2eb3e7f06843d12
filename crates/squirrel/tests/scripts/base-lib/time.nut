// time, date and clock: types and ranges.
print(typeof time() + " " + (time() > 1600000000) + " " + typeof clock() + " " + (clock() >= 0) + "\n")
local d = date(86400 * 365, 'u')
local keys = []
foreach (k, v in d) keys.append(k)
keys.sort()
foreach (k in keys) print(k + "=" + d[k] + " ")
print("\n")
d = date(951782400, 'u')
print(d.year + " " + d.month + " " + d.day + " " + d.wday + " " + d.yday + " " + d.hour + " " + d.min + " " + d.sec + "\n")
d = date(0, 'u')
print(d.year + " " + d.month + " " + d.day + " " + d.wday + "\n")
print(typeof date() + " " + date().len() + "\n")
function e(f) { try { print(f() + "\n") } catch (x) { print(x + "\n") } }
e(@() date("x"))
e(@() date(0, "u"))
e(@() date(0, 'q').year)
e(@() time(1))
