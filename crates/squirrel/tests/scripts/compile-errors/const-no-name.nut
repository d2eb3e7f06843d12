// A number as the name of a constant.
const 5 = 1
