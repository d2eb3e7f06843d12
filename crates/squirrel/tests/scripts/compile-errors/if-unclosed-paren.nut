// The closing parenthesis of an if is missing.
if (a { b }
