// The error handler: when it is called and with what.
seterrorhandler(function(err) { print("handler: " + err + "\n") })
try { throw "caught" } catch (e) { print("catch: " + e + "\n") }
try { nosuch } catch (e) { print("catch: " + e + "\n") }
local t = newthread(function() { throw "in thread" })
try { t.call() } catch (e) { print("catch: " + e + "\n") }
function inner() { throw "from call" }
try { inner.call(null) } catch (e) { print("catch: " + e + "\n") }
try { inner.acall([null]) } catch (e) { print("catch: " + e + "\n") }
try { inner.pcall(null) } catch (e) { print("catch: " + e + "\n") }
try { inner.pacall([null]) } catch (e) { print("catch: " + e + "\n") }
try { [1].map(@(x) inner()) } catch (e) { print("catch: " + e + "\n") }
try { [1, 2].sort(@(a, b) inner()) } catch (e) { print("catch: " + e + "\n") }
try { ({}).setdelegate({ function _add(o) { inner() } }) + 1 } catch (e) { print("catch: " + e + "\n") }
try { compilestring("throw 5")() } catch (e) { print("catch: " + e + "\n") }
try { compilestring("syntax error (") } catch (e) { print("catch: " + e + "\n") }
throw "the end"
