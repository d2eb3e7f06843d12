// Classes over many characters at once.
foreach (c in ["l", "u", "a", "w", "d", "x", "p", "s", "c"]) {
  local r = regexp(@"\" + c), n = 0, first = -1, last = -1
  for (local i = 1; i < 128; i++) if (r.match(i.tochar())) { n++; if (first < 0) first = i; last = i }
  print(c + " " + n + " " + first + " " + last + "\n")
}
