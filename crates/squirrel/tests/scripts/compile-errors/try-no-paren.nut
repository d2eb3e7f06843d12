// catch without parentheses.
try { a() } catch e { }
