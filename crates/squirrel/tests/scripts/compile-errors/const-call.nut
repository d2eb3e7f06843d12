// A call as a constant.
const A = f()
