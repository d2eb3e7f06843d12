// Negative string indices are not there. The reference reads outside of the string.
function get(s, i) { try { return s[i] } catch (e) { return e } }
foreach (i in [-1, -2, -3, -4, -100, -2147483648, 2147483647, 3])
  print(get("abc", i) + "\n")
print(get("", -1) + "\n")
print(get("", 0) + "\n")
print(get("abc", -0.5) + " " + get("abc", 2.5) + "\n")
