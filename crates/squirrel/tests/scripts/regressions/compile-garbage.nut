// Sources that are no programs: an error each, no crash.
local pieces = ["local", "function", "(", ")", "{", "}", "[", "]", ",", ";", "=", "<-", "class", "if", "else", "for", "foreach", "in", "yield", "return", "\"s\"", "5", "a", ".", "::", "@", "'c'",
  "enum", "const", "</", "/>", "?", ":", "delete", "clone", "try", "catch", "throw", "switch", "case", "default", "...", "++", "base", "this", "static", "\n"]
local seed = 12345, tried = 0
for (local i = 0; i < 3000; i++) {
  local src = ""
  for (local k = 0; k < 8; k++) {
    seed = seed * 1103515245 + 12345
    src += pieces[((seed >> 8) & 0x7fff) % pieces.len()] + " "
  }
  try { compilestring(src) } catch (e) { if (typeof e != "string") print("odd error\n") }
  tried++
}
print(tried + "\n")
