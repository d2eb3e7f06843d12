// break, continue and return out of try blocks.
for (local i = 0; i < 6; i++) {
  try {
    if (i == 1) continue
    if (i == 3) throw "three"
    if (i == 4) break
    print(i + "\n")
  } catch (e) { print("caught " + e + "\n"); continue }
  print("end of " + i + "\n")
}
function f() { foreach (v in [1, 2, 3]) { try { try { if (v == 2) return v } catch (e) {} } catch (e) {} } }
print(f() + "\n")
try { throw "still works" } catch (e) { print(e + "\n") }
local n = 0
while (true) { try { while (true) { n++; if (n > 3) throw "out" } } catch (e) { print(e + n + "\n"); break } }
do { try { n--; if (n > 2) continue; break } catch (e) {} } while (true)
print(n + "\n")
try { f(1) } catch (e) { print(e + "\n") }
switch (1) { case 1: try { break } catch (e) {} print("never\n") }
print("done\n")
