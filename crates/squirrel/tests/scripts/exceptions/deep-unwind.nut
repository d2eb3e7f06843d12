// Errors that unwind many frames, loops and handlers.
local trail = []
function level(n) {
  foreach (i in [1, 2]) {
    try {
      if (n == 0) throw "bottom"
      level(n - 1)
    } catch (e) {
      trail.append(n + "." + i)
      if (i == 2) throw e + "<" + n
    }
  }
}
try { level(4) } catch (e) { print(e + "\n") }
print(trail.len() + " " + trail.slice(0, 8).reduce(@(a, b) a + " " + b) + "\n")
function ping(n) { if (n > 500) throw n; return pong(n + 1) + 0 }
function pong(n) { return ping(n + 1) + 0 }
try { ping(0) } catch (e) { print(e + "\n") }
local n = 0
for (local i = 0; i < 1000; i++) try { if (i % 3 == 0) throw i; n++ } catch (e) { n += 2 }
print(n + "\n")
