// Defaults and variable arguments.
function f(a = 1, ...) {}
