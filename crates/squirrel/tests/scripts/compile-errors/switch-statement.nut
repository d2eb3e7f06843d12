// A statement before the first case.
switch (a) { print(1) }
