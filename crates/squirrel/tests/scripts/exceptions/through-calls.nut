// Errors through several calls, natives and metamethods.
function a() { b() }
function b() { c() }
function c() { throw "deep" }
try { a() } catch (e) { print(e + "\n") }
try { [1].map(@(x) a()) } catch (e) { print(e + "\n") }
try { [2, 1].sort(@(x, y) a()) } catch (e) { print(e + "\n") }
try { a.call(null) } catch (e) { print(e + "\n") }
try { a.acall([null]) } catch (e) { print(e + "\n") }
try { a.pcall(null) } catch (e) { print(e + "\n") }
class M { function _add(o) { a() } constructor(x) { if (x) a() } }
try { M(0) + 1 } catch (e) { print(e + "\n") }
try { M(1) } catch (e) { print(e + "\n") }
function g() { yield 1; a() }
try { foreach (x in g()) print(x + "\n") } catch (e) { print(e + "\n") }
try { newthread(a).call() } catch (e) { print(e + "\n") }
try { compilestring("a()")() } catch (e) { print(e + "\n") }
print("end\n")
