// callee() is the running closure.
local fact = function(n) { return n < 2 ? 1 : n * callee()(n - 1) }
print(fact(6) + "\n")
function named() { return callee() == named }
print(named() + "\n")
print((@() typeof callee())() + "\n")
print(callee().getinfos().name + "\n")
