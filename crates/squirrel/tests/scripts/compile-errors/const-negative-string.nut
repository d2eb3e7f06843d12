// A negated string as a constant.
const A = -"s"
