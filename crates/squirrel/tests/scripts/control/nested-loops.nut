// A prime sieve, a matrix product and a bubble sort.
local n = 50, sieve = array(n, true)
for (local i = 2; i * i < n; i++) if (sieve[i]) for (local j = i * i; j < n; j += i) sieve[j] = false
for (local i = 2; i < n; i++) if (sieve[i]) print(i + " ")
print("\n")
local A = [[1, 2], [3, 4]], B = [[5, 6], [7, 8]], C = []
for (local i = 0; i < 2; i++) {
  C.append([])
  for (local j = 0; j < 2; j++) {
    local s = 0
    for (local k = 0; k < 2; k++) s += A[i][k] * B[k][j]
    C[i].append(s)
  }
}
print(C[0][0] + " " + C[0][1] + " " + C[1][0] + " " + C[1][1] + "\n")
local l = [5, 2, 9, 1, 7]
local swapped
do {
  swapped = false
  for (local i = 1; i < l.len(); i++) if (l[i - 1] > l[i]) { local t = l[i]; l[i] = l[i - 1]; l[i - 1] = t; swapped = true }
} while (swapped)
foreach (v in l) print(v + " ")
print("\n")
