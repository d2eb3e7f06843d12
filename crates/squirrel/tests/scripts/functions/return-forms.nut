// What functions return.
function nothing() {}
function bare() { return }
function early(x) { if (x) return "early"; return "late" }
function loop() { for (local i = 0;; i++) if (i == 3) return i }
function nested() { foreach (v in [1, 2, 3]) { while (true) { if (v == 2) return "v2"; break } } return "end" }
print((nothing() == null) + " " + (bare() == null) + "\n")
print(early(1) + " " + early(0) + " " + loop() + " " + nested() + "\n")
function incatch() { try { throw 1 } catch (e) { return "caught" } return "no" }
function intry() { try { return "tried" } catch (e) { } return "no" }
print(incatch() + " " + intry() + "\n")
function tail(n) { return n > 0 ? tail(n - 1) : "tail end" }
print(tail(100) + "\n")
function assigned() { local x; return x = 5 }
print(assigned() + "\n")
function lst() { return [1, { a = 2 }] }
print(lst()[1].a + "\n")
