// A captured local is not created by the new slot operator.
function f() { local a; return function() { a <- 2 } }
