// else without if.
if (a) b()
print(1)
else c()
