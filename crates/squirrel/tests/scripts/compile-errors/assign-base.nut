// base cannot be modified.
class A { function f() { base = 1 } }
