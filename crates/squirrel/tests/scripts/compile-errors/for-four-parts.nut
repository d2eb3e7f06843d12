// for with four parts.
for (local i = 0; i < 5; i++; i--) print(i)
