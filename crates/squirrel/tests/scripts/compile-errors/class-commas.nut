// Commas between class members.
class A { a = 1, b = 2 }
