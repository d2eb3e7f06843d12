// function a::b::c, function statements inside tables and functions.
t <- { u = { } }
function t::f(x) { return x + 1 }
function t::u::g() { return "deep" }
print(t.f(1) + " " + t.u.g() + "\n")
function outer() {
  function madehere() { return "inner" }
  return madehere()
}
print(outer() + " " + madehere() + "\n")
local env = {}
outer.call(env)
print(("madehere" in env) + "\n")
class C { }
function C::method() { return "method" }
print(C().method() + "\n")
function C::constructor() { print("made\n") }
C()
if (true) function oneline() return 5
print(oneline() + "\n")
print(madehere.getinfos().name + " " + t.u.g.getinfos().name + "\n")
