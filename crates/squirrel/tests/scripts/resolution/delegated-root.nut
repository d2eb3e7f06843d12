// A delegate on the root table answers for missing globals.
local r = getroottable()
r.setdelegate({ inherited = "from delegate", function _get(k) { if (k == "magic") return 42; throw null } })
print(inherited + " " + magic + "\n")
try { print(nosuch) } catch (e) { print(e + "\n") }
function f() { return magic + 1 }
print(f() + " " + ::magic + "\n")
r.setdelegate(null)
try { print(magic) } catch (e) { print(e + "\n") }
