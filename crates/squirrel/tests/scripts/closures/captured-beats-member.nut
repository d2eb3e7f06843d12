// A captured local wins over a member of the same name; this.NAME reaches the member.
local a = "captured"
class C {
  a = "field"
  function bare() { return a }
  function dotted() { return this.a }
}
print(C().bare() + " " + C().dotted() + "\n")
local t = { a = "slot", function f() { return a }, function g() { return this.a } }
print(t.f() + " " + t.g() + "\n")
