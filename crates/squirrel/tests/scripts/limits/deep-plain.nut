// Plain recursion, deep but not endless.
function depth(n) { return n == 0 ? 0 : 1 + depth(n - 1) }
print(depth(5000) + " " + depth(9000) + "\n")
function sum(list, i) { if (i == list.len()) return 0; return list[i] + sum(list, i + 1) }
local l = []
for (local i = 0; i < 3000; i++) l.append(i)
print(sum(l, 0) + "\n")
function build(n) { return n == 0 ? null : { l = build(n - 1), r = build(n - 1) } }
function count(t) { return t == null ? 1 : count(t.l) + count(t.r) }
print(count(build(10)) + "\n")
function tail(n) { if (n == 0) return "tail end"; return tail(n - 1) }
print(tail(50000) + "\n")
function ack(m, n) { return m == 0 ? n + 1 : (n == 0 ? ack(m - 1, 1) : ack(m - 1, ack(m, n - 1))) }
print(ack(2, 9) + "\n")
local t = newthread(function() { return depth(3000) })
print(t.call() + "\n")
