// A statement on the line of a closing brace of an if.
if (a) { b } c
