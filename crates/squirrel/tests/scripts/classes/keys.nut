// Members with computed keys, class expressions, nested classes.
local k = "dyn"
class A {
  [k] = 1;
  [5] = "five";
  ["two words"] = 2;
  [k + "2"] = 3;
  [k + "f"] = function() { return this["two words"] }
}
local a = A()
print(a.dyn + " " + a[5] + " " + a["two words"] + " " + a.dyn2 + " " + a.dynf() + "\n")
local X = class { v = 1; function get() { return v } }
print(X().get() + "\n")
local Y = class extends X { function get() { return base.get() + 10 } }
print(Y().get() + "\n")
class Outer { Inner = class { q = 9 }; static SI = class { q = 10 } }
print(Outer.Inner().q + " " + Outer().SI().q + "\n")
ns <- {}
class ns.Thing { n = 1 }
print(ns.Thing().n + "\n")
class ns.Sub extends ns.Thing { m = 2 }
print(ns.Sub().n + ns.Sub().m + "\n")
function mk(n) { return class { val = n } }
print(mk(1)().val + mk(2)().val + "\n")
print((mk(1) == mk(1)) + "\n")
