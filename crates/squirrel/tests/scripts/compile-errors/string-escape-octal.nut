// A digit as an escape.
print("\1")
