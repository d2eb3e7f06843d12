-- Dense matrix products on nested arrays, float and integer. Arrays begin at 1 here; the formulas count from 0.
local function make(n, f)
    local m = {}
    for i = 1, n do
        local row = {}
        for j = 1, n do row[j] = f(i - 1, j - 1) end
        m[#m + 1] = row
    end
    return m
end

local function transpose(m)
    local n = #m
    return make(n, function(i, j) return m[j + 1][i + 1] end)
end

local function multiply(a, b, zero)
    local n, bt, out = #a, transpose(b), {}
    for i = 1, n do
        local ai, row = a[i], {}
        for j = 1, n do
            local bj, acc = bt[j], zero
            for k = 1, n do acc = acc + ai[k] * bj[k] end
            row[j] = acc
        end
        out[#out + 1] = row
    end
    return out
end

local function trace(m)
    local t = 0
    for i = 1, #m do t = t + m[i][i] end
    return t
end

-- 64 bits wrap as 32 do: the lower half is the number of the original.
local function wrapped(number)
    number = number & 0xffffffff
    return number >= 0x80000000 and number - 0x100000000 or number
end

local n = 160
local fa = make(n, function(i, j) return (i * 3 - j) / 64.0 end)
local fb = make(n, function(i, j) return (i + j) % 7 * 0.5 end)
local ia = make(n, function(i, j) return (i * 17 + j * 5) % 23 - 11 end)
local ib = make(n, function(i, j) return (i * 3 + j * 11) % 19 - 9 end)

local fc = multiply(fa, fb, 0.0)
local ic = multiply(ia, ib, 0)
for r = 1, 2 do ic = multiply(ic, ib, 0) end
print(string.format("matrix %.1f %.1f %d %d", trace(fc), fc[4][n], wrapped(trace(ic)), wrapped(ic[n][8])))
