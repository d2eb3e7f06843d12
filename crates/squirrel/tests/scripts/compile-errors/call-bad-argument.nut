// A sign in place of an argument.
f(1, =)
