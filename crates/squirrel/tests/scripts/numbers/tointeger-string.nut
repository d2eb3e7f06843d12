// Strings turned into integers.
foreach (s in ["0", "12", "-12", "+5", "  42", "12abc", "0x1F", "0x10", "0xFe", "1.9", "-1.9", "1e2", "1E2", "2147483647",
    "2147483648", "-2147483648", "99999999999", "007", "1.5e1", ".5", "5.", "0b1", "1 2", "\t7", "- 5", "1_000"]) {
  try { print("'" + s + "' -> " + s.tointeger() + "\n") }
  catch (e) { print("'" + s + "' raises " + e + "\n") }
}
foreach (s in ["", " ", "abc", "-", "+", ".", "x1", "e5", "inf", "nan"]) {
  try { print("'" + s + "' -> " + s.tointeger() + "\n") }
  catch (e) { print("'" + s + "' raises " + e + "\n") }
}
