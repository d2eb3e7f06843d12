// const: scalars, precedence over members, scope of the whole program.
const I = 5
const F = 2.5
const S = "str"
const NEG = -7
const NEGF = -1.5
const HEX = 0xff
const CH = 'a'
print(I + " " + F + " " + S + " " + NEG + " " + NEGF + " " + HEX + " " + CH + "\n")
print(I + I * 2 + "\n")
function f() { const INNER = 9; return I }
print(INNER + " " + f() + "\n")
{ const BLOCK = "b" }
print(BLOCK + "\n")
local t = { I = "member", function get() { return I }, function dotted() { return this.I } }
print(t.get() + " " + t.dotted() + " " + t.I + "\n")
this["I"] <- "global"
print(I + " " + this["I"] + "\n")
function g() { local I = "local"; return I }
print(g() + "\n")
function h(S) { return S }
print(h("param") + "\n")
const I = 6
print(I + "\n")
const A = 1; const B = 2
print(A + B + "\n")
