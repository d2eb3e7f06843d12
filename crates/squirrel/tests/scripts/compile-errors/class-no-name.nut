// A class statement needs a name.
class { x = 1 }
