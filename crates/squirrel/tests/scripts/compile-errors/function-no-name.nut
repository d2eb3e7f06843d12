// A function statement needs a name.
function () {}
