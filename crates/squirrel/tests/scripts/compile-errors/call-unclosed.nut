// The closing parenthesis of a call is missing at the end.
f(1, 2
