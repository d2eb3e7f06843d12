// enum: automatic and explicit values, strings, floats.
enum E { A, B, C }
print(E.A + " " + E.B + " " + E.C + "\n")
enum M { A = 5, B, C = "str", D, F = 1.5, G = -3, H }
print(M.A + " " + M.B + " " + M.C + " " + M.D + " " + M.F + " " + M.G + " " + M.H + "\n")
enum NoComma { X Y Z }
print(NoComma.X + " " + NoComma.Z + "\n")
enum Multi {
  ONE = 1,
  TWO = 2,
}
print(Multi.ONE + Multi.TWO + "\n")
enum Empty {}
switch (1) { case E.A: print("a\n"); break; case E.B: print("b\n"); break }
local arr = ["zero", "one", "two"]
print(arr[E.C] + " " + (E.B | E.C) + " " + -E.C + "\n")
function f(x = E.C) { return x }
print(f() + "\n")
class K { level = E.B; static MAX = M.A }
print(K().level + " " + K.MAX + "\n")
