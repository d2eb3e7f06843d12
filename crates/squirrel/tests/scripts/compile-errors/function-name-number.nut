// A number as a function name.
function 5() {}
