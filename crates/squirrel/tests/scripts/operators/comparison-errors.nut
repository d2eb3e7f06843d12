// Ordering of values of different types raises.
function t(f) { try { print(f() + "\n") } catch (e) { print(e + "\n") } }
t(@() 1 < "1")
t(@() "1" < 1)
t(@() "abc" > 2.5)
t(@() 1 < true)
t(@() true >= 1.5)
t(@() 1 <=> "x")
t(@() "s" < true)
t(@() false > "s")
