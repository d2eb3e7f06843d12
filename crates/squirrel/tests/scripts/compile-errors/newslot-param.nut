// A parameter is not created by the new slot operator.
function f(a) { a <- 2 }
