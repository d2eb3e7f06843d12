// for with two parts.
for (local i = 0; i < 5) print(i)
