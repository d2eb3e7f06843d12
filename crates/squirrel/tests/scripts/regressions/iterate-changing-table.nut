// Tables that are changed while they are walked: the walk ends.
function count(change) {
  local t = {}, n = 0
  for (local i = 0; i < 20; i++) t[i] <- i
  try { foreach (k, v in t) { n++; if (n > 10000) return "endless"; change(t, k) } } catch (e) { }
  return "ended"
}
print(count(function(t, k) { delete t[k] }) + "\n")
print(count(function(t, k) { t.clear() }) + "\n")
print(count(function(t, k) { if (t.len() < 500) t[k + 1000] <- 1 }) + "\n")
print(count(function(t, k) { foreach (i in [1, 2, 3, 4]) if (i in t) delete t[i] }) + "\n")
print(count(function(t, k) { t[k] = null }) + "\n")
print(count(function(t, k) { t.setdelegate({ x = 1 }) }) + "\n")
print(count(function(t, k) { foreach (a, b in t) { if (a in t) delete t[a] } }) + "\n")
local r = getroottable(), n = 0
foreach (k, v in r) { if (n < 50) r["added" + n] <- n; n++; if (n > 10000) break }
print((n < 10000) + "\n")
