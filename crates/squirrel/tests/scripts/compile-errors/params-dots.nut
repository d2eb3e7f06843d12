// A comma is missing before the dots.
function f(a ...) {}
