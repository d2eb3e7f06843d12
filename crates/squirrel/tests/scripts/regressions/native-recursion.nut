// Script and native functions that call each other without end: an error that can be caught.
local depth = 0
function overflow(f) {
  depth = 0
  try { f(); print("no error\n") } catch (e) { print((e.find("stack overflow") != null) + " " + (depth >= 20) + "\n") }
}
local self = this
local a
a = function() { depth++; a.call(self) }
overflow(a)
a = function() { depth++; a.acall([self]) }
overflow(a)
a = function() { depth++; a.pcall(self) }
overflow(a)
a = function(...) { depth++;; [1].map(a) }
overflow(a)
a = function(...) { depth++;; [1, 2].filter(a) }
overflow(a)
a = function(...) { depth++;; [1, 2].reduce(a) }
overflow(a)
a = function(...) { depth++;; [1, 2].apply(a) }
overflow(a)
a = function(...) { depth++;; [1, 2].sort(a) }
overflow(a)
print("alive\n")
