// null as a constant.
const A = null
