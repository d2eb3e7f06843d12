// A statement in a class body.
class A { print(1) }
