// A JSON parser by recursive descent.
class Parser {
  s = null; i = 0
  constructor(text) { s = text }
  function ws() { while (i < s.len() && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t')) i++ }
  function fail(m) { throw m + " at " + i }
  function value() {
    ws()
    if (i >= s.len()) fail("unexpected end")
    local c = s[i]
    if (c == '{') return object()
    if (c == '[') return array_()
    if (c == '"') return string_()
    if (c == '-' || (c >= '0' && c <= '9')) return number()
    foreach (w, v in { ["true"] = true, ["false"] = false, ["null"] = null })
      if (i + w.len() <= s.len() && s.slice(i, i + w.len()) == w) { i += w.len(); return v }
    fail("unexpected " + c.tochar())
  }
  function number() {
    local st = i, fl = false
    while (i < s.len() && ("0123456789+-.eE".find(s[i].tochar()) != null)) { if (s[i] == '.' || s[i] == 'e') fl = true; i++ }
    local t = s.slice(st, i)
    return fl ? t.tofloat() : t.tointeger()
  }
  function string_() {
    local r = ""
    i++
    while (s[i] != '"') { if (s[i] == '\\') { i++; r += s[i] == 'n' ? "\n" : s[i].tochar() } else r += s[i].tochar(); i++ }
    i++
    return r
  }
  function array_() {
    local r = []
    i++; ws()
    while (s[i] != ']') { r.append(value()); ws(); if (s[i] == ',') i++; else if (s[i] != ']') fail("comma expected") }
    i++
    return r
  }
  function object() {
    local r = {}
    i++; ws()
    while (s[i] != '}') {
      local k = string_()
      ws()
      if (s[i++] != ':') fail("colon expected")
      r[k] <- value()
      ws()
      if (s[i] == ',') { i++; ws() }
    }
    i++
    return r
  }
}
local v = Parser(@"{ ""a"": [1, 2.5, -3e2, ""x\ny""], ""b"": { ""c"": true, ""d"": null } }").value()
print(v.a.len() + " " + v.a[1] + " " + v.a[2] + " " + v.a[3].len() + " " + v.b.c + " " + v.b.d + "\n")
foreach (bad in ["", "[1 2]", "nope", "{\"a\" 1}"]) try { Parser(bad).value(); print("ok\n") } catch (e) { print(e + "\n") }
