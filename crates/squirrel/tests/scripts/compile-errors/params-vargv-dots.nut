// A comma is missing after a parameter called vargv.
function f(vargv ...) {}
