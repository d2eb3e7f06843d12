// A slot hides the built-in method of the same name.
local t = { len = 5, function rawget(k) { return "mine " + k } }
print(t.len + " " + t.rawget("x") + "\n")
try { t.len() } catch (e) { print(e + "\n") }
delete t.len
print(t.len() + "\n")
local u = { len = function() { return "fn" } }
print(u.len() + "\n")
try { print({}.nosuch()) } catch (e) { print(e + "\n") }
try { local x = {}; x.f = 1 } catch (e) { print(e + "\n") }
try { local x = {}; x.len = 1 } catch (e) { print(e + "\n") }
local x = {}
x.len <- 1
print(x.len + "\n")
