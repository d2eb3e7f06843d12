// Array positions at the ends of the integer range.
function try_it(f) { try { f(); print("no error\n") } catch (e) { print(e + "\n") } }
local a = [1, 2, 3]
try_it(@() a[-2147483648])
try_it(@() a[2147483647])
try_it(@() a[-1])
try_it(@() a.insert(-2147483648, 0))
try_it(@() a.insert(2147483647, 0))
try_it(@() a.remove(-2147483648))
try_it(@() a.remove(2147483647))
try_it(@() a[-1] = 5)
try_it(@() a[2147483647] = 5)
print(a.len() + "\n")
