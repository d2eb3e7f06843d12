// An enum is indexed with a dot only.
enum E { A }
print(E["A"])
