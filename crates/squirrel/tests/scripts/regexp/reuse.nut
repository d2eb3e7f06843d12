// One object used many times; several objects.
local num = regexp(@"^-?\d+(\.\d+)?$"), word = regexp("[a-z]+")
foreach (s in ["1", "-2", "3.14", "x", "", "4.", ".5", "-0.5", "1e5", "abc"])
  print(s + ":" + num.match(s) + ":" + word.match(s) + ":" + (num.search(s) != null) + " ")
print("\n")
local text = "one two  three", pos = 0, words = []
local m
while (m = word.search(text, pos)) { words.append(text.slice(m.begin, m.end)); pos = m.end }
foreach (w in words) print(w + "|")
print("\n")
local c = clone words
print(c.len() + "\n")
class R extends regexp { constructor(p) { base.constructor(p) } }
try { print(R("a+").match("aaa") + "\n") } catch (e) { print(e + "\n") }
