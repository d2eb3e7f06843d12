// try without catch.
try { a() }
b()
