// A constant takes a single scalar.
const A = 1 + 2
