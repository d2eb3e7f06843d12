// The closing brace of a switch is missing.
switch (a) {
  case 1:
    b()
