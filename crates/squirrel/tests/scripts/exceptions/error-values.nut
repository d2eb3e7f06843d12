// What the catch variable holds for run-time errors; comparing messages.
try { nosuch } catch (e) { print(typeof e + " " + (e == "the index 'nosuch' does not exist") + "\n") }
try { null() } catch (e) { print(typeof e + " " + e.len() + "\n") }
try { 1 / 0 } catch (e) { print(e.find("zero") + "\n") }
local msgs = []
foreach (f in [@() nosuch, @() null.x, @() [][1]]) try { f() } catch (e) { msgs.append(e) }
foreach (m in msgs) print(m + "\n")
try { try { nosuch } catch (e) { throw "wrapped: " + e } } catch (e) { print(e + "\n") }
