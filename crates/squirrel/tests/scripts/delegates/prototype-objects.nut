// Objects from prototypes: shared methods, own state, super calls.
local Base = {
  count = 0
  function create() { return { count = 0 }.setdelegate(this) }
  function inc() { count++; return this }
  function show() { return "count " + count }
}
local Derived = {
  function show() { return "derived " + Base.show.call(this) }
}.setdelegate(Base)
local a = Base.create(), b = Derived.create()
a.inc().inc()
b.inc()
print(a.show() + ", " + b.show() + ", " + Base.show() + "\n")
Base.extra <- @() "extra " + this.count
print(a.extra() + " " + b.extra() + "\n")
