// Calling functions found in this, in the class, and in the root table.
function helper() { return "root helper of " + (this == getroottable() ? "root" : typeof this) }
class A {
  function helper() { return "A.helper" }
  function run() { return helper() + ", " + ::helper() + ", " + other() }
}
function other() { return "other " + typeof this }
print(A().run() + "\n")
class B { function run() { return helper() } }
print(B().run() + "\n")
local t = { function run() { return helper() } }
print(t.run() + "\n")
t.helper <- @() "t.helper"
print(t.run() + "\n")
local helper = @() "local helper"
print(helper() + " " + A().run() + "\n")
class C { function run() { return helper() } }
print(C().run() + "\n")
