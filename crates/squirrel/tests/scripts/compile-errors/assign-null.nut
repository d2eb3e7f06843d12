// null cannot be assigned to.
null = 1
