// A comma before the closing parenthesis of a call.
f(1, 2, )
