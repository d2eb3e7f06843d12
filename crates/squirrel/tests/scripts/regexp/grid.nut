// Many patterns against many texts: what search finds.
local texts = ["", "a", "b", "ab", "ba", "aab", "abab", "abc", "aaa", "cab", "xaby", "a b", "12", "a1b2", "A"]
foreach (p in ["a", "ab", "a*", "a+", "a?", "a*b", "a+b", "a?b", "[ab]", "[ab]+", "[^a]", "[^ab]+", "a|b", "ab|ba", "(a|b)c", "(ab)+", "(ab)*c", "^a", "b$", "^ab$", "^a|b$", ".", "..", "a.", ".b", ".*", ".+b", "a.*b",
    @"\d", @"\d+", @"\w+", @"\s", @"\w\d", "a{2}", "a{1,2}", "(a)(b)?", "(a|ab)(c|b)", "(?:a|b)+", "a(b|c)?", "(a(b)?)+"]) {
  local r = regexp(p), line = p + ":"
  foreach (t in texts) { local m = r.search(t); line += m == null ? " -" : " " + m.begin + "," + m.end }
  print(line + "\n")
}
