// Replacing, removing, and failing inside the error handler. A thread takes the handler that is set when it is made.
seterrorhandler(function(e) { print("first " + e + "\n") })
seterrorhandler(function(e) { print("second " + e + "\n") })
function t(x) { newthread(function(x) { throw x }).call(x) }
local early = newthread(function(x) { throw x })
try { t("a") } catch (e) { print("catch " + e + "\n") }
seterrorhandler(null)
try { early.call("early") } catch (e) { print("catch " + e + "\n") }
try { t("b") } catch (e) { print("catch " + e + "\n") }
foreach (bad in [5, "s", {}, []]) try { seterrorhandler(bad); print("ok\n") } catch (e) { print(e + "\n") }
seterrorhandler(function(e) { print("fails\n"); throw "in handler" })
try { t("c") } catch (e) { print("catch " + e + "\n") }
seterrorhandler(function() { print("no parameter\n") })
try { t("d") } catch (e) { print("catch " + e + "\n") }
seterrorhandler(function(e) { print(typeof e + "\n"); return "ignored" })
try { t({ }) } catch (e) { print("catch " + typeof e + "\n") }
seterrorhandler(print)
try { t("by print\n") } catch (e) { print("catch " + e + "\n") }
