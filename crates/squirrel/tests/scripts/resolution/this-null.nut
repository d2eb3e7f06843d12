// Names when `this` is null or a simple value.
function f() { return typeof this }
g <- "root g"
function get() { return g }
foreach (v in [null, 5, 1.5, "s", true, [1], print])
  try { print(f.call(v) + " " + get.call(v) + "\n") } catch (e) { print(e + "\n") }
function len1() { return len() }
try { print(len1.call("four") + "\n") } catch (e) { print(e + "\n") }
try { print(len1.call([1, 2]) + "\n") } catch (e) { print(e + "\n") }
function set() { g = "changed" }
foreach (v in [null, 5, "s", [1], {}])
  try { set.call(v); print(g + "\n") } catch (e) { print(e + "\n") }
