// A field without a value.
class A { a; b = 1 }
