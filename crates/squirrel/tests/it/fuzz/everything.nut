// Every kind of work that a slice may end in: `sort`, `map`, a metamethod, a regular expression, a generator, a thread, a
// function that was compiled at run time.
const SIZE = 5
enum Color { red = 3, green }
local out = [];
function slow(n) { local s = 0; for (local i = 0; i < n; i++) s += i; return s }
class Meta { function _add(o) { return ::slow(30) } function _get(k) { ::slow(9); if (k == "x") return 7; throw null }
    function _cmp(o) { return ::slow(4) } function _tostring() { return "meta" + ::slow(3) } function _cloned(o) { ::slow(12) } }
local a = [5, 3, 9, 1, 7]; a.sort(@(x, y) slow(6) * 0 + (x <=> y));
out.extend(a.map(@(x) x + slow(5)));
out.append(Meta() + 1); out.append(Meta().x); out.append(Meta() <= Meta()); out.append("" + Meta()); out.append(typeof clone Meta());
out.append(regexp("(a*)*b").search("aaaaaaaaaaaaaaaaaaaaaaab").end);
local function gen(n) { for (local i = 0; i < n; i++) { slow(5); yield i } }
foreach (x in gen(4)) out.append(x);
local t = newthread(function(x) { slow(20); local y = suspend(x + 1); slow(20); return y * 2 });
out.append(t.call(1)); out.append(t.wakeup(21));
local compiled = compilestring("return function(x) { return x + SIZE + Color.green }", "inner");
out.append(compiled()(1)); out.append(compilestring("const LATER = 8; return LATER")()); out.append(getconsttable().LATER);
local weak = out.weakref(); try { slow(9); throw "e" } catch (e) out.append(e + slow(3));
local counter = 0; local inc = function() { counter += slow(3); return counter }; inc(); out.append(inc() + weak.ref().len());
return out.reduce(@(x, y) x + "," + y);
