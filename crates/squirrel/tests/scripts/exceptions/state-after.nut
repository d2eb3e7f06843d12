// Variables and containers keep what was done before the error.
local t = { n = 0 }, a = []
try { t.n = 1; a.append(1); t.nosuch = 2; t.n = 3 } catch (e) { print(e + "\n") }
print(t.n + " " + a.len() + "\n")
local x = 1
try { x = 2; x = nosuch; } catch (e) { }
print(x + "\n")
local y = 5
try { y = y + null } catch (e) { }
print(y + "\n")
try { y += null } catch (e) { }
print(y + "\n")
function f() { local z = 1; try { z = 2; throw z } catch (e) { z = e * 10 } return z }
print(f() + "\n")
