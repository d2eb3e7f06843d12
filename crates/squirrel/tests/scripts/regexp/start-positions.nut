// search and capture from positions.
local r = regexp(@"\d+"), s = "a1b22c333"
for (local i = 0; i <= s.len(); i++) { local m = r.search(s, i); print((m ? m.begin + "-" + m.end : "none") + " ") }
print("\n")
for (local i = 0; i <= s.len(); i += 3) { local m = r.capture(s, i); print((m ? m.len() + ":" + m[0].begin + "-" + m[0].end : "none") + " ") }
print("\n")
print((r.search(s, 100) == null) + " " + (r.search("", 0) == null) + "\n")
print(r.search(s, 1.9).begin + "\n")
local caret = regexp("^b")
print((caret.search("ab", 1) == null) + "\n")
