// Float literals and their exact values.
print(format("%.9g %.9g %.9g %.9g", 0.1, 0.7, 1.1, 123.456) + "\n")
print(format("%.9g %.9g %.9g", 1e-10, 1e10, 3.14159265358979) + "\n")
print(format("%.9g %.9g", 16777217.0, 33554433.0) + "\n")
print((0.1 + 0.2 == 0.3) + " " + (0.1 * 3 == 0.3) + " " + (16777216.0 + 1.0 == 16777216.0) + "\n")
print(castf2i(0.1) + " " + castf2i(3.14159265) + " " + castf2i(1e30) + " " + castf2i(-2.5) + "\n")
