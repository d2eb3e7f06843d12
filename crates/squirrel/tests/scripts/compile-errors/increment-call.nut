// Increment of a call.
f()++;
