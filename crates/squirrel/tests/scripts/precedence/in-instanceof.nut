// `in` and `instanceof` bind as loosely as &&.
function t(f) { try { print(f() + "\n") } catch (e) { print(e + "\n") } }
local tab = { a = 1, [true] = 2, b = false }
t(@() "a" in tab && true)
t(@() "z" in tab || "a" in tab)
t(@() !("a" in tab))
t(@() !"a" in tab)
t(@() "a" in tab == false)
t(@() ("a" in tab) == false)
t(@() 1 + 1 in [0, 1, 2])
t(@() 1 | 2 in [0, 1, 2])
t(@() 1 == 1 in tab)
class C {}
local i = C()
t(@() i instanceof C && 5)
t(@() !(i instanceof C))
t(@() !i instanceof C)
t(@() "a" in tab in tab)
t(@() true && "a" in tab)
t(@() true && "q" in tab)
t(@() false && "a" in tab)
t(@() "a" in tab ? "y" : "n")
