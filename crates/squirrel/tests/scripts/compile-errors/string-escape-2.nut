// An unknown escape in an argument.
print("ok")
print("abc \d+ def")
