// setroottable changes the root for running functions at once.
local root = getroottable()
x <- "old root"
local fresh = { x = "new root", print = print, setroottable = setroottable, getroottable = getroottable }
function show() { print(x + " " + ::x + "\n") }
show()
local old = setroottable(fresh)
::print((old == root) + " " + (::getroottable() == fresh) + "\n")
try { show() } catch (e) { print(e + "\n") }
::setroottable(root)
show()
try { setroottable(5) } catch (e) { print(e + "\n") }
