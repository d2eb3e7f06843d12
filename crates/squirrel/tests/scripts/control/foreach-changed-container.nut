// The container of a `foreach` that is a local is read again at each step.
local list = [1, 2, 3, 4]
foreach (i, x in list) { print(i + ":" + x + " "); if (x == 2) list = ["a", "b", "c", "d", "e"] }
print("\n")
local text = "abc"
try { foreach (x in text) { print(x + " "); text = 5 } } catch (e) print(e + "\n")
function parameter(p) { foreach (x in p) { print(x + " "); if (x == 1) p = [7, 8, 9] } print("\n") }
parameter([1, 2, 3])
local captured = [1, 2, 3]
local change = @() captured = [7, 8, 9, 10]
foreach (x in captured) { print(x + " "); if (x == 1) change() }
print("\n")
function outer() { foreach (x in captured) { print(x + " "); if (x == 7) captured = [4, 5, 6] } print("\n") }
outer()
local t = { list = [1, 2, 3] }
foreach (x in t.list) { print(x + " "); t.list = [7, 8, 9] }
print("\n")
local parens = [1, 2, 3]
foreach (x in (parens)) { print(x + " "); parens = [7, 8, 9] }
print("\n")
local chosen = [1, 2, 3]
foreach (x in chosen || t) { print(x + " "); chosen = [7, 8, 9] }
print("\n")
