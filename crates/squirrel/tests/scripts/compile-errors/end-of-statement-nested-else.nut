// A nested else on one line takes the only semicolon.
if (a) if (b) x; else y; z
