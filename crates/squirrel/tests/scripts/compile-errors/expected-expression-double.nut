// Two assignment signs.
x = = 3
