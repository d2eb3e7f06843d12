// format: the floating conversions with flags, width and precision.
foreach (f in ["%f", "%.2f", "%.0f", "%8.3f", "%-10.1f", "%+.1f", "% .1f", "%08.2f", "%#.0f", "%e", "%.2e", "%E", "%12.4e", "%g", "%G", "%.3g", "%.10g", "%#g", "%010.3f"]) {
  foreach (v in [0.0, 1.0, -1.5, 3.14159, 1e10, 1e-10, 123456.789, 0.5])
    print("[" + format(f, v) + "]")
  print(" " + f + "\n")
}
