// Captures of many patterns.
foreach (x in [["(a*)(b*)", "aabb"], ["(a+)(a+)", "aaaa"], ["(a?)(b?)(c?)", "ac"], ["(.)(.)(.)", "xyz"], [@"(\w+)@(\w+)\.(\w+)", "me@host.org"], [@"(\d+)/(\d+)/(\d+)", "on 24/12/2020"], ["((a)(b))((c)(d))", "abcd"],
    ["(x(y(z)))", "xyz"], ["(a)|(b)|(c)", "b"], ["(a|b|c)+", "abcab"], ["((a|b)c)+", "acbc"], [@"^(\s*)(\S+)(\s*)$", "  word  "], [@"([a-z]+)=([^;]*);", "key=some value;"], ["(ab)?(cd)?(ef)?", "abef"], ["<(.+)>", "<tag>"], ["(?:a)(b)(?:c)(d)", "abcd"]]) {
  local m = regexp(x[0]).capture(x[1])
  print(x[0] + " '" + x[1] + "':")
  if (m) foreach (g in m) print(" " + g.begin + "-" + g.end)
  else print(" none")
  print(" (" + regexp(x[0]).subexpcount() + ")\n")
}
