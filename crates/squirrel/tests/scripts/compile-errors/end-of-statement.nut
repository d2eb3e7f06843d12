// Two expressions on one line.
a b
