// An unknown member of an enum.
enum E { A, B }
print(E.A)
print(E.C)
