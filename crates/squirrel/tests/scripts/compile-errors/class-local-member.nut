// local in a class body.
class A { local x = 1 }
