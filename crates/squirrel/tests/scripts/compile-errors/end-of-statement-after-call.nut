// Two calls on one line.
print(1) print(2)
