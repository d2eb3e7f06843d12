// Two values after return.
function f() { return 1 2 }
