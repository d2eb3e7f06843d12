// Locals and captured locals beat constants, constants beat members and globals.
const K = "const"
local function f() { return K }
print(f() + "\n")
local K = "local"
print(K + " " + f() + "\n")
local g = @() K
print(g() + "\n")
class C { Q = "field"; function get() { return Q } }
const Q = "const"
class D { Q = "field"; function get() { return Q } function th() { return this.Q } }
print(C().get() + " " + D().get() + " " + D().th() + "\n")
enum Z { V = 1 }
local t = { Z = { V = 2 } }
print(t.Z.V + " " + Z.V + "\n")
