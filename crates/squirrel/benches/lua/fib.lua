-- Doubly recursive Fibonacci: calls, comparisons, integer addition.
local function fib(n)
    if n < 2 then return n end
    return fib(n - 1) + fib(n - 2)
end

local total = 0
for i = 0, 2 do total = total + fib(29 + i) end
print("fib " .. total)
