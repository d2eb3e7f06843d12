// default before a case.
switch (a) {
  default: b()
  case 1: c()
}
