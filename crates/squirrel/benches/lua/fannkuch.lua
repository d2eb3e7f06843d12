-- Fannkuch: array permutations with many element swaps. Arrays begin at 1 here, and so do the numbers in them.
local function fannkuch(n)
    local perm, perm1, count = {}, {}, {}
    local maxFlips, checksum, permIndex, r = 0, 0, 0, n
    for i = 1, n do perm[i], perm1[i], count[i] = 0, i, 0 end

    while true do
        while r ~= 1 do
            count[r] = r
            r = r - 1
        end
        for i = 1, n do perm[i] = perm1[i] end

        local flips = 0
        local k = perm[1]
        while k ~= 1 do
            local lo, hi = 1, k
            while lo < hi do
                local t = perm[lo]
                perm[lo] = perm[hi]
                perm[hi] = t
                lo = lo + 1
                hi = hi - 1
            end
            flips = flips + 1
            k = perm[1]
        end
        if flips > maxFlips then maxFlips = flips end
        checksum = checksum + ((permIndex & 1) ~= 0 and -flips or flips)

        while true do
            if r == n then return { checksum, maxFlips } end
            local first = perm1[1]
            for i = 1, r do perm1[i] = perm1[i + 1] end
            perm1[r + 1] = first
            count[r + 1] = count[r + 1] - 1
            if count[r + 1] > 0 then break end
            r = r + 1
        end
        permIndex = permIndex + 1
    end
end

local res = fannkuch(9)
print("fannkuch " .. res[1] .. " " .. res[2])
