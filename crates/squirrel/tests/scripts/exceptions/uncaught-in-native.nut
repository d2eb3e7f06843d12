// An uncaught error inside a callback of a native function.
print("x");
[3, 1, 2].map(function(x) { if (x == 1) throw "at one"; print(x) })
