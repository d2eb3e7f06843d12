// A table as a constant.
const A = {}
