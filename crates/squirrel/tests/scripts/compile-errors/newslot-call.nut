// The new slot operator on a call.
f() <- 1
