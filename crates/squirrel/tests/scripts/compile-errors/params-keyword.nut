// A keyword as a parameter.
function f(class) {}
