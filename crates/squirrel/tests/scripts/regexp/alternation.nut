// Alternation and groups.
function t(p, ...) { local r = regexp(p); print(p + ":"); foreach (s in vargv) print(" " + s + "=" + r.match(s)); print(" (" + r.subexpcount() + ")\n") }
t("a|b", "a", "b", "c", "ab")
t("abc|de", "abc", "de", "abde")
t("(a|b)c", "ac", "bc", "cc")
t("(cat|dog)s?", "cat", "dogs", "cats", "catdog")
t("(?:ab)c", "abc", "ab")
t("(?:a|b)(c|d)", "ac", "bd", "ab")
t("((a)(b))", "ab", "a")
t("a|b|c|d", "a", "d", "e")
t("(a|ab)(c|bcd)", "abcd", "ac", "abc")
t("x(a|b)?y", "xay", "xy", "xaby")
t("(a)|(b)|(c)", "a", "b", "c", "d")
t("one|two|three", "one", "two", "three", "onetwo")
