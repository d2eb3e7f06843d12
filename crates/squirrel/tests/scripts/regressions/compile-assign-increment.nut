// Assignments to increments and to base are compile errors. The compiler of the reference crashes, but for a local, where
// it assigns to the place of the result.
foreach (s in ["a++ = 5", "local a; a++ = 5", "a.b++ = 5", "a[0]-- = 5", "base++", "++base", "--base", "a++ <- 1", "a.b++ += 1", "a++ ++"])
  try { compilestring(s); print(s + ": no error\n") } catch (e) { print(s + ": " + typeof e + "\n") }
