// A name after constructor.
class A { constructor f() {} }
