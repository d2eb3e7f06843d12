// An enum member cannot be assigned to.
enum E { A }
E.A = 1
