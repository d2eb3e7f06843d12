// An escape without hexadecimal digits.
print("\xg")
