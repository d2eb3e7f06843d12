// strip, lstrip, rstrip.
foreach (s in ["  x  ", "x", "", "   ", "\t\n x y \r\n", "\v\fx\v\f", " é "]) {
  print("<" + strip(s) + "><" + lstrip(s).len() + "><" + rstrip(s).len() + ">\n")
}
print("<" + lstrip("  ab  ") + "><" + rstrip("  ab  ") + ">\n")
try { strip() } catch (e) { print(e + "\n") }
try { strip(5) } catch (e) { print(e + "\n") }
try { lstrip(null) } catch (e) { print(e + "\n") }
try { rstrip("a", "b") } catch (e) { print(e + "\n") }
