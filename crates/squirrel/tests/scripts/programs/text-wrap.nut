// Wrapping and aligning text.
function wrap(text, width) {
  local lines = [], line = ""
  foreach (w in split(text, " \n")) {
    if (line.len() && line.len() + 1 + w.len() > width) { lines.append(line); line = "" }
    line += (line.len() ? " " : "") + w
  }
  if (line.len()) lines.append(line)
  return lines
}
function center(s, w) { local l = (w - s.len()) / 2; return format("%" + (l + s.len()) + "s", s) }
local t = "It was a bright cold day in April, and the clocks were striking thirteen."
foreach (l in wrap(t, 20)) print("|" + format("%-20s", l) + "|\n")
foreach (l in wrap(t, 30)) print("|" + format("%30s", l) + "|\n")
foreach (l in wrap(t, 24)) print(center(l, 24) + "\n")
