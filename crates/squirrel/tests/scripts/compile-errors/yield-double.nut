// Two commas in a yield.
function f() { yield 1, , 2 }
