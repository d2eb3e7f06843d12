// search and capture from a negative start: nothing, or an error. The reference reads before the string.
local r = regexp(@"\d+"), s = "a1b22"
foreach (i in [-1, -5, -1000, -2147483648]) {
  local m = null
  try { m = r.search(s, i) } catch (e) { }
  print((m == null || (m.begin >= 0 && m.end <= s.len())) + " ")
  m = null
  try { m = r.capture(s, i) } catch (e) { }
  print((m == null || (m[0].begin >= 0 && m[0].end <= s.len())) + "\n")
}
