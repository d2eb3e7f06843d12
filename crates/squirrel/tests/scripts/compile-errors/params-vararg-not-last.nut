// Variable arguments must come last.
function f(..., a) {}
