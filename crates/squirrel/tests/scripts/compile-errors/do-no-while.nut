// do without while.
do { a() }
b()
