// Endless recursion ends in an error that can be caught. The reference goes on until the memory is full.
function try_it(f) { try { f(); print("no error\n") } catch (e) { print(e + "\n") } }
function endless(n) { return 1 + endless(n + 1) }
try_it(@() endless(0))
function a(n) { local r = b(n); return r }
function b(n) { local r = a(n); return r }
try_it(@() a(0))
class C { constructor() { local c = C() } }
try_it(@() C())
local count = 0
function catches(n) { count = n; try { return 1 + catches(n + 1) } catch (e) { throw e } }
try_it(@() catches(0))
print((count >= 10000) + "\n")
print((@(x) x + 1)(1) + "\n")
