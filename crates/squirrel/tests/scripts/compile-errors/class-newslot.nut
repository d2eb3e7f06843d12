// The new slot operator in a class body.
class A { x <- 1 }
