// Every escape of a plain string literal.
local s = "\t\a\b\n\r\v\f\0\\\"\'"
print(s.len() + "\n")
foreach (i, c in s) print(i + "=" + c + " ")
print("\n")
print("\x41\x4a\x4A\n")
foreach (c in "\x1z\x12z\x123z\x1234z") print(c + " ")
print("\n")
foreach (c in "\x0041\xffff") print(c + " ")
print("\n")
print("it's \"quoted\" and \\ slashed\n")
