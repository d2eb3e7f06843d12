// return, break and continue through several try blocks at once.
function f(mode) {
  local log = ""
  for (local i = 0; i < 3; i++) {
    try {
      try {
        try {
          log += i
          if (mode == "return" && i == 1) return log + "r"
          if (mode == "break" && i == 1) break
          if (mode == "continue" && i == 1) continue
          if (mode == "throw" && i == 1) throw "t"
          log += "."
        } catch (e) { log += "c1"; if (mode == "throw") throw e }
      } catch (e) { log += "c2"; if (mode == "throw") throw e }
    } catch (e) { log += "c3" }
    log += ";"
  }
  try { throw "after" } catch (e) { log += e }
  return log
}
foreach (m in ["none", "return", "break", "continue", "throw"]) print(m + ": " + f(m) + "\n")
try { throw "outside" } catch (e) { print(e + "\n") }
