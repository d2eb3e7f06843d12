// Wrong arguments to string methods.
function t(f) { try { print(f() + "\n") } catch (e) { print(e + "\n") } }
t(@() "a".len(1))
t(@() "a".tointeger(1))
t(@() "a".toupper(1))
t(@() "a".nothing())
t(@() "a".len.call(5))
t(@() "a".len.call(null))
t(@() "a".slice.call([], 1))
t(@() "a".tofloat())
t(@() "a".weakref(1))
t(@() "a".tostring(1))
