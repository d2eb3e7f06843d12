// Many patterns against many texts: what matches as a whole.
local texts = ["", "a", "b", "ab", "ba", "aab", "abab", "abc", "aaa", "aaaa", "12", "1.5", "x_1", " a ", "A-B"]
foreach (p in ["a", "ab", "a*", "a+", "a?b?", "(ab)*", "(ab)+", "(a|b)*", "(a|b)+", "a*b*", "[a-c]+", "[^a]+", ".*", "..", "...?", @"\d+", @"\d+\.\d+", @"\w+", @"\w*\d", @"\s*\w+\s*", "a{3}", "a{2,3}", "a{3,}", "(aa)+", "(a|aa)+", "a|ab|abc", "(abc|ab|a)", "[A-Z]-[A-Z]", "x?_?1?", "(a*)b?"]) {
  local r = regexp(p), line = p + ":"
  foreach (t in texts) line += r.match(t) ? " 1" : " 0"
  print(line + "\n")
}
