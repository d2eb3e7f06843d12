// Methods called by name, with defaults, varargs and errors.
class Api {
  calls = 0
  function add(a, b) { return a + b }
  function greet(name = "you") { return "hello " + name }
  function sum(...) { return vargv.len() ? vargv.reduce(@(a, b) a + b) : 0 }
  function fail() { throw "failed on purpose" }
  function dispatch(name, args) {
    calls++
    if (!(name in this)) return "unknown " + name
    local f = this[name]
    if (typeof f != "function") return name + " is a " + typeof f
    try { return f.acall([this].filter(@(i, v) true).map(@(v) v).len() ? glue(args) : null) } catch (e) { return "error: " + e }
  }
  function glue(args) { local a = [this]; a.extend(args); return a }
}
local api = Api()
foreach (c in [["add", [1, 2]], ["add", [1]], ["greet", []], ["greet", ["bob"]], ["sum", []], ["sum", [1, 2, 3]], ["fail", []], ["nothing", []], ["calls", []]])
  print(c[0] + ": " + api.dispatch(c[0], c[1]) + "\n")
print(api.calls + "\n")
