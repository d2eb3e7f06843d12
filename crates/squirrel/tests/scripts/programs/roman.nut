// Roman numbers, both ways.
local steps = [[1000, "M"], [900, "CM"], [500, "D"], [400, "CD"], [100, "C"], [90, "XC"], [50, "L"], [40, "XL"], [10, "X"], [9, "IX"], [5, "V"], [4, "IV"], [1, "I"]]
function roman(n) { local r = ""; foreach (s in steps) while (n >= s[0]) { r += s[1]; n -= s[0] } return r }
function arabic(s) {
  local v = { I = 1, V = 5, X = 10, L = 50, C = 100, D = 500, M = 1000 }, total = 0, last = 0
  for (local i = s.len() - 1; i >= 0; i--) { local n = v[s[i].tochar()]; total += n < last ? -n : n; if (n > last) last = n }
  return total
}
foreach (n in [1, 4, 9, 14, 40, 90, 400, 1994, 2024, 3999]) print(n + " " + roman(n) + " " + arabic(roman(n)) + "\n")
local ok = true
for (local n = 1; n < 400; n++) if (arabic(roman(n)) != n) ok = false
print(ok + "\n")
