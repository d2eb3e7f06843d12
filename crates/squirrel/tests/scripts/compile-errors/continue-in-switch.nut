// continue in a switch outside of a loop.
switch (1) {
  case 1:
    continue
}
