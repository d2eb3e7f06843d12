// The built-in methods and _get: in a table with a delegate the methods win, in an instance _get does.
local t = {}.setdelegate({ function _get(k) { return "meta " + k } })
print(typeof t.len + "\n")
print(t.anything + "\n")
local u = {}.setdelegate({ function _get(k) { throw null } })
print(u.len() + "\n")
class A { function _get(k) { return "meta " + k } }
print(A().getclass + "\n")
class B { function _get(k) { throw null } }
print((B().getclass() == B) + "\n")
print(typeof "x".len + "\n")
