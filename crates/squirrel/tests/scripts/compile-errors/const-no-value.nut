// A constant without a value.
const A
