// foreach without in.
foreach (a of x) print(a)
