// Attributes that are not closed.
class A </ a = 1 { x = 1 }
