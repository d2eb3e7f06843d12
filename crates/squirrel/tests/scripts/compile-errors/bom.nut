print(1)
// A byte-order mark.
