// A parameter after one with a default needs a default.
function f(a = 1, b) {}
