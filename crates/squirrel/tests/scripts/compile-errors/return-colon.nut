// A colon after return.
function f() { return : }
