// Shift counts outside of 0..31 count modulo 32, as the processor of the reference does.
foreach (n in [0, 1, 31, 32, 33, 64, 100, -1, -32, 2147483647, -2147483648])
  print(n + ": " + (5 << n) + " " + (5 >> n) + " " + (5 >>> n) + " " + (-5 << n) + " " + (-5 >> n) + " " + (-5 >>> n) + "\n")
