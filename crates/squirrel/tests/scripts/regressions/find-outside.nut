// find with a start outside of the string. The reference reads outside of it for a negative start.
function get(f) { try { local r = f(); return r == null ? "null" : r } catch (e) { return "error" } }
print(get(@() "abcabc".find("a", 100)) + "\n")
print(get(@() "abcabc".find("c", 6)) + "\n")
local r = get(@() "abcabc".find("zz", -1))
print((r == "null" || r == "error") + "\n")
r = get(@() "abcabc".find("zz", -2147483648))
print((r == "null" || r == "error") + "\n")
