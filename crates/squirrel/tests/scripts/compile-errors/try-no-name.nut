// catch without a name.
try { a() } catch () { }
