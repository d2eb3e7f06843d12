// Higher-order functions: memoize, compose, curry, partial, once.
function memoize(f) { local cache = {}; return function(n) { if (n in cache) return cache[n]; local r = f(n); cache[n] <- r; return r } }
function compose(...) { local fs = vargv; return function(x) { foreach (f in fs) x = f(x); return x } }
function partial(f, ...) { local given = vargv; return function(...) { local a = [this]; a.extend(given); a.extend(vargv); return f.acall(a) } }
function once(f) { local done = false, r = null; return function() { if (!done) { done = true; r = f() }; return r } }
local calls = 0
local fib
fib = memoize(function(n) { calls++; return n < 2 ? n : fib(n - 1) + fib(n - 2) })
print(fib(40) + " " + calls + "\n")
print(compose(@(x) x + 1, @(x) x * 2, @(x) "<" + x + ">")(5) + "\n")
print(partial(@(a, b, c) a + b * c, 1, 2)(3) + " " + partial(@(...) vargv.len(), 1)(2, 3) + "\n")
local n = 0
local o = once(function() { return ++n })
print(o() + o() + o() + " " + n + "\n")
