// Building and taking apart strings in the usual ways.
function reverse(s) { local r = ""; for (local i = s.len() - 1; i >= 0; i--) r += s.slice(i, i + 1); return r }
function repeat_(s, n) { local r = ""; while (n-- > 0) r += s; return r }
function capitalize(s) { return s.len() ? s.slice(0, 1).toupper() + s.slice(1) : s }
function replace(s, from, to) { local r = "", i = 0, k; while ((k = s.find(from, i)) != null) { r += s.slice(i, k) + to; i = k + from.len() } return r + s.slice(i) }
function pad(s, n) { while (s.len() < n) s = " " + s; return s }
print(reverse("hello") + " " + repeat_("ab", 3) + " " + capitalize("word") + capitalize("") + "\n")
print(replace("a-b-c", "-", "+") + " " + replace("aaa", "aa", "b") + " " + replace("none", "x", "y") + " " + pad("5", 4) + "\n")
local hex = ""
foreach (c in "Hello\xff") hex += format("%02x", c & 0xff)
print(hex + "\n")
local back = ""
for (local i = 0; i < hex.len(); i += 2) { local v = 0; foreach (c in hex.slice(i, i + 2)) v = v * 16 + (c >= 'a' ? c - 'a' + 10 : c - '0'); back += v.tochar() }
print((back == "Hello\xff") + "\n")
