// format: combinations of flags.
foreach (fl in ["", "-", "+", " ", "0", "#", "-0", "+-", "+0", " 0", "+ ", "#0", "#-", "-+ #0"]) {
  print("[" + format("%" + fl + "8d", 42) + "][" + format("%" + fl + "8d", -42) + "][" + format("%" + fl + "8x", 42) + "][" + format("%" + fl + "8o", 42) + "]")
  print("[" + format("%" + fl + "8.2f", 4.2) + "][" + format("%" + fl + "8.3d", 42) + "][" + format("%" + fl + "8g", 4.0) + "][" + format("%" + fl + "8u", 42) + "]\n")
}
