// A negated name as a constant.
const A = -b
