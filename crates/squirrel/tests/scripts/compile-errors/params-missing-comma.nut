// A comma is missing between parameters.
function f(a b) {}
