// Functions without much effect, and their arity.
print(typeof dummy + " " + typeof setdebughook + " " + typeof enabledebuginfo + "\n")
enabledebuginfo(true)
setdebughook(null)
function e(f) { try { print(f() + "\n") } catch (x) { print(x + "\n") } }
e(@() enabledebuginfo())
e(@() getroottable(1))
e(@() getconsttable(1))
e(@() setconsttable(5))
e(@() setroottable())
e(@() callee().getinfos().name)
print((getroottable() == this) + " " + (getconsttable() == getconsttable()) + "\n")
