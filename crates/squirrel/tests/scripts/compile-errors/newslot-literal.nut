// The new slot operator on a string.
"name" <- 1;
