// An error handler that fails, that calls itself, that is replaced while it runs: no crash.
function fail() { newthread(function() { throw "x" }).call() }
seterrorhandler(function(e) { throw "in handler" })
try { fail() } catch (e) { print(e + "\n") }
seterrorhandler(function(e) { seterrorhandler(null); nosuch() })
try { fail() } catch (e) { print(e + "\n") }
local depth = 0
seterrorhandler(function(e) { if (depth++ < 30) fail() })
try { fail() } catch (e) { print(e + "\n") }
seterrorhandler(function(e) { suspend(1) })
try { fail() } catch (e) { print(e + "\n") }
seterrorhandler(null)
print("alive\n")
