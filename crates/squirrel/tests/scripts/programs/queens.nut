// All solutions of six queens, and the number of solutions up to seven.
function solve(n, found) {
  local cols = []
  local place
  place = function(row) {
    if (row == n) { found(cols); return }
    for (local c = 0; c < n; c++) {
      local ok = true
      foreach (r, k in cols) if (k == c || k - c == row - r || c - k == row - r) { ok = false; break }
      if (!ok) continue
      cols.push(c)
      place(row + 1)
      cols.pop()
    }
  }
  place(0)
}
solve(6, function(cols) { foreach (c in cols) print(c); print("\n") })
for (local n = 1; n <= 7; n++) { local count = 0; solve(n, function(cols) { count++ }); print(n + " " + count + "\n") }
