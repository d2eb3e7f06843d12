// Two defaults.
switch (a) { default: b(); default: c() }
