// Decrement of null.
null--
