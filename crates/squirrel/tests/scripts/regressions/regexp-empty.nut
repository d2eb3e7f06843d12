// Regular expressions that are empty or have empty parts. The reference writes through a null pointer.
function try_it(p) {
  try {
    local r = regexp(p)
    r.match("abc")
    r.search("abc")
    r.capture("abc")
    r.match("")
  } catch (e) { }
  print("<" + p + ">\n")
}
foreach (p in ["", "()", "(", ")", "|", "a|", "|a", "(|a)", "(a|)", "^", "$", "^$", "*", "+", "?", "a**", "{", "}", "{1}", "[", "]", "[]", "[^]", "[a", "[a-", "[-", "a{", "a{,", "a{1,",
    "(?:", "(?:)", "(?", "\\", "[\\", "(()", "())", "(*)", "((((((((((", "))))))))))"]) try_it(p)
print("alive\n")
