// Lists and trees hundreds of thousands of levels deep are built, walked and freed. The reference overflows its stack when it frees them.
local n = 300000
local list = null
for (local i = 0; i < n; i++) list = { next = list }
local count = 0
for (local l = list; l; l = l.next) count++
print(count + "\n")
list = null
local nest = []
for (local i = 0; i < n; i++) nest = [nest]
nest = null
class Node { next = null }
local head = null
for (local i = 0; i < n; i++) { local x = Node(); x.next = head; head = x }
head = null
local f = null
for (local i = 0; i < n; i++) { local g = f; f = function() { return g } }
f = null
local d = {}
for (local i = 0; i < 100000; i++) d = {}.setdelegate(d)
try { d.nosuch } catch (e) { print(e + "\n") }
d = null
collectgarbage()
print("alive\n")
