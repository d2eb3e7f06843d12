// The colon after a case is missing.
switch (a) { case 1 print(1) }
