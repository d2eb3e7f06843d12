// Splitting addresses and query strings.
function parse(u) {
  local r = { scheme = "", host = "", port = 0, path = "/", query = {} }
  local i = u.find("://")
  if (i == null) throw "no scheme in " + u
  r.scheme = u.slice(0, i).tolower()
  local rest = u.slice(i + 3), q = rest.find("?")
  if (q != null) {
    foreach (kv in split(rest.slice(q + 1), "&")) { local p = split(kv, "="); r.query[p[0]] <- p.len() > 1 ? p[1] : "" }
    rest = rest.slice(0, q)
  }
  local s = rest.find("/")
  if (s != null) { r.path = rest.slice(s); rest = rest.slice(0, s) }
  local c = rest.find(":")
  r.port = c == null ? (r.scheme == "https" ? 443 : 80) : rest.slice(c + 1).tointeger()
  r.host = c == null ? rest : rest.slice(0, c)
  return r
}
foreach (u in ["https://example.com/a/b?x=1&y=two&z", "HTTP://host:8080", "http://h/?q=%20"]) {
  local r = parse(u), ks = []
  foreach (k, v in r.query) ks.append(k + "=" + v)
  ks.sort()
  print(r.scheme + " " + r.host + " " + r.port + " " + r.path)
  foreach (k in ks) print(" " + k)
  print("\n")
}
try { parse("nonsense") } catch (e) { print(e + "\n") }
