// format: the integer conversions with flags, width and precision.
foreach (f in ["%d", "%i", "%5d", "%-5d", "%05d", "%+d", "% d", "%+5d", "%-+5d", "%.3d", "%8.3d", "%-8.3d", "%u", "%o", "%#o", "%x", "%X", "%#x", "%#X", "%04x", "%#06x", "%.0d"]) {
  foreach (v in [0, 42, -42, 2147483647, -2147483648, 255])
    print("[" + format(f, v) + "]")
  print(" " + f + "\n")
}
