// break in an if outside of a loop.
if (true) { break }
