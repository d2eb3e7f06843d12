// The value of a new slot is missing.
a <-
