// A thread called with thousands of arguments (compare CVE-2022-30292): the arguments arrive, or a clean error is raised. The reference writes behind its stack.
local t = newthread(function(...) { return vargv.len() })
foreach (n in [10, 300, 5000]) {
  local args = [t]
  args.resize(n + 1, "x")
  try { local r = t.call.acall(args); print((r == n) + "\n") } catch (e) { print((typeof e == "string") + "\n") }
}
local f = function(...) { return vargv.len() }
foreach (n in [10, 300, 5000, 100000]) {
  local args = [null]
  args.resize(n + 1, "x")
  try { local r = f.acall(args); print((r == n) + "\n") } catch (e) { print((typeof e == "string") + "\n") }
}
local u = newthread(function() { local s = suspend(1); return s })
local args = [u]
args.resize(2000, 5)
try { u.call.acall([u]); u.wakeup.acall(args); print("end\n") } catch (e) { print("end\n") }
