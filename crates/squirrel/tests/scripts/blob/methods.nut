// eos, flush, len, clone, inheritance, comparison.
local b = blob(2)
print((b.eos() == null) + " " + b.flush() + "\n")
b.seek(2)
print(b.eos() + "\n")
b[0] = 7
local c = clone b
c[0] = 8
print(b[0] + " " + c[0] + " " + c.len() + " " + c.tell() + " " + typeof c + "\n")
print((b == c) + " " + (b == b) + " " + (b instanceof blob) + "\n")
class MyBlob extends blob {
  name = "mine"
  constructor(n) { base.constructor(n); name += n }
  function first() { return this[0] }
}
local m = MyBlob(3)
m[0] = 42
m.writen(5, 'b')
print(m.name + " " + m.len() + " " + m.first() + " " + typeof m + " " + m.tell() + "\n")
function e(f) { try { print(f() + "\n") } catch (x) { print(x + "\n") } }
e(@() b.len(1))
e(@() b.tell(1))
e(@() b.eos(1))
e(@() b.flush(1))
e(@() b.swap2(1))
e(@() b.resize())
e(@() b.resize("x"))
e(@() b.len.call({}))
e(@() b.len.call(5))
e(@() blob.len())
print(("" + b).slice(0, 9) + "\n")
