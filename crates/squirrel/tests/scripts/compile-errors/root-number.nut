// A number after the colons.
::5 <- 1
