// There is no compound bitwise assignment.
a |= 1
