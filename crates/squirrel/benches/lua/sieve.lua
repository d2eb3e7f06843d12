-- Sieve of Eratosthenes, then sums over the primes found.
local function sieve(limit)
    local flags = {}
    for i = 1, limit do flags[i] = true end
    flags[1] = false
    local i = 2
    while i * i <= limit do
        if flags[i] then
            for j = i * i, limit, i do flags[j] = false end
        end
        i = i + 1
    end
    local primes = {}
    for i = 2, limit do
        if flags[i] then primes[#primes + 1] = i end
    end
    return primes
end

local sum, count, gaps = 0, 0, 0
for round = 0, 7 do
    local primes = sieve(700000 + round * 1000)
    count = count + #primes
    local last = 2
    for _, p in ipairs(primes) do
        sum = sum * 31 + p
        if p - last > gaps then gaps = p - last end
        last = p
    end
end
-- 64 bits wrap as 32 do: the lower half is the sum of the original.
sum = sum & 0xffffffff
if sum >= 0x80000000 then sum = sum - 0x100000000 end
print("sieve " .. count .. " " .. gaps .. " " .. sum)
