// An enum name hidden by a local or a parameter.
enum E { A = 1 }
function f(E) { return E.A }
print(f({ A = "param" }) + " " + E.A + "\n")
{ local E = { A = "local" }; print(E.A + "\n") }
print(E.A + "\n")
enum E { A = 2, NEW = 3 }
print(E.A + E.NEW + "\n")
