// The statement after a catch block may stand on its line; the one after needs an end.
try { a } catch (e) { b } c; d e
