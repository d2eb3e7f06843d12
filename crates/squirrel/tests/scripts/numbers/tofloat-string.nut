// Strings turned into floats.
foreach (s in ["0", "1.5", "-1.5", "+2.25", "  3.5", "3.5abc", "1e3", "1.5e-3", "1e", "1e+", "5.", ".5", "12", "0x10", "1.2.3",
    "16777217", "1e39", "3.4028236e38", "\n8.5", "1,5", "100000000000"]) {
  try { local f = s.tofloat(); print("'" + s + "' -> " + f + " " + typeof f + "\n") }
  catch (e) { print("'" + s + "' raises " + e + "\n") }
}
foreach (s in ["", " ", "abc", "-", ".", "e5", "-.e1"]) {
  try { print("'" + s + "' -> " + s.tofloat() + "\n") }
  catch (e) { print("'" + s + "' raises " + e + "\n") }
}
