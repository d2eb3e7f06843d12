// A class statement cannot name a local.
local A
class A { }
