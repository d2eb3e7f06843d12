// A number as a parameter.
function f(a, 5) {}
