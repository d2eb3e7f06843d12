// Built-in methods called with every kind of `this`: an error or a value, no crash. One of them is `call` of
// `print`, which prints.
local subjects = [null, true, 5, 1.5, "s", {}, [], print, @() 1, class { }, (class { })(), (function() { yield 1 })(), newthread(@() 1), [].weakref(), blob(1), regexp("a")]
local methods = ["s".len, "s".slice, "s".find, "s".toupper, {}.len, {}.rawget, {}.rawset, {}.rawdelete, {}.clear, {}.setdelegate, {}.getdelegate, [].len, [].append, [].pop, [].sort, [].map, [].slice,
  [].reverse, [].resize, [].insert, (@() 1).call, (@() 1).bindenv, (@() 1).getinfos, (class { }).instance, (class { }).getbase, (class { }).newmember, (class { })().getclass,
  (function() { yield 1 })().getstatus, newthread(@() 1).call, newthread(@() 1).wakeup, newthread(@() 1).getstatus, blob.len, blob.readn, blob.writeblob, regexp.match, regexp.subexpcount, (5).tofloat, (5).tochar]
local calls = 0
foreach (m in methods) foreach (s in subjects) foreach (n in [0, 1, 2, 3]) {
  local args = [s]
  for (local i = 0; i < n; i++) args.append(i)
  try { m.acall(args) } catch (e) { }
  calls++
}
print(calls == methods.len() * subjects.len() * 4)
print("\n")
