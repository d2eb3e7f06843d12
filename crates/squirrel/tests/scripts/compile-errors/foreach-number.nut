// foreach over a number as variable.
foreach (5 in x) print(a)
