// A call as the name of a class.
class f() { }
