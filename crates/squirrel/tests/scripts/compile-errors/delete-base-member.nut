// A member of base cannot be deleted.
class A { function f() { delete base.x } }
