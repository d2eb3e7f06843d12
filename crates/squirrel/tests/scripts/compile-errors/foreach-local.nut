// foreach with local.
foreach (local i in x) print(i)
