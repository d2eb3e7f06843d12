// A string as the name of a class.
class "A" { }
