// Commas in place of semicolons.
for (local i = 0, i < 5 ; i++) print(i)
