// foreach with three variables.
foreach (a, b, c in x) print(a)
