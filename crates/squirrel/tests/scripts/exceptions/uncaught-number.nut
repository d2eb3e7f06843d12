// An uncaught number.
throw 1.5
