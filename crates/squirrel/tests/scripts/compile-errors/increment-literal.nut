// Increment of a number.
1++
