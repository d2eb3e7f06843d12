// Arcs are rounded from double precision: the last digits.
foreach (x in [1e39, -1e39, 1.5, 0.4375, 0.7, 2.4, 1e10, 0.1]) print(format("%.9g %.9g\n", x, atan(x)));
foreach (x in [-0.9, -0.5, 0.3, 0.1, 0.7, 0.99]) print(format("%.9g %.9g\n", x, acos(x)));
print(16777213.0 % atan(1e39) + "\n");
