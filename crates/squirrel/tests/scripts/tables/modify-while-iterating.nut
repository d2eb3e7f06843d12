// Changing values, adding and deleting during foreach (without a rehash).
local t = { a = 1, b = 2, c = 3, d = 4 }
foreach (k, v in t) t[k] = v * 10
foreach (k, v in t) print(k + v + " ")
print("\n")
foreach (k, v in t) if (k == "b") t[k] = "changed"
print(t.b + "\n")
local seen = 0
foreach (k, v in t) { seen++; if (seen == 2) break }
print(seen + "\n")
local u = { a = 1, b = 2, c = 3, d = 4 }
foreach (k, v in u) { print(k + " "); if (k == "a") delete u.a }
print(u.len() + "\n")
