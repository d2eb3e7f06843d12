// A statement on the line of do-while.
do { a } while (b) c
