// rand and srand: range and repeatability.
srand(42)
local a = [rand(), rand(), rand()]
srand(42)
local b = [rand(), rand(), rand()]
print((a[0] == b[0]) + " " + (a[1] == b[1]) + " " + (a[2] == b[2]) + "\n")
local ok = true
for (local i = 0; i < 1000; i++) { local r = rand(); if (r < 0 || r > RAND_MAX || typeof r != "integer") ok = false }
print(ok + "\n")
local buckets = array(4, 0)
for (local i = 0; i < 1000; i++) buckets[rand() % 4]++
print((buckets[0] > 100) + " " + (buckets[3] > 100) + "\n")
local f = 1.0 * rand() / RAND_MAX
print((f >= 0 && f <= 1) + "\n")
