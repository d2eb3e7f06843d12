// An escape of a later version.
print("\u00e9")
