// Prefix increment of a number.
print("a")
++1;
