// The closing parenthesis of the parameters is missing.
function f(a, b {
}
