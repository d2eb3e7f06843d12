// A constant cannot be assigned to.
const X = 1
X = 5
